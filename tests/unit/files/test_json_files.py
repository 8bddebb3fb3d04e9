"""JSON is read strictly: nothing in it is taken otherwise than it stands."""

import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.json_files import read_json


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"a": 1, "a": 2}', "the key a stands twice"),
        (b'{"a": NaN}', "NaN is not a number"),
        (b'{"a": 1e400}', "too large"),
        (b'{"a": 123456789012345678901}', "21 digits"),
        (b'{"a": 9999999999999999999}', "19 digits"),
        (b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}", "nested"),
        (b'{"a": ' + b"[" * 200000, "recursion"),
        (b'{"a": "\\ud800"}', "surrogates"),
        (b'{"a": "\\u0000"}', "NUL"),
        ('{"a": "ä"}'.encode("latin-1"), "line 1 is not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "UTF-16"),
        (b"[1]", "no JSON object"),
    ],
)
def test_what_json_does_not_allow_is_refused(tmp_path, content, told):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(NeuroLoopError, match=told) as caught:
        read_json(path)
    assert str(caught.value).startswith(str(path))


def test_a_byte_order_mark_is_passed_over(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes('{"a": "ä", "n": 9223372036854775807}'.encode("utf-8-sig"))
    assert read_json(path) == {"a": "ä", "n": 2**63 - 1}
