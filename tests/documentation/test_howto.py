"""What the how-to pages tell users to write runs on data of that kind."""

from pathlib import Path

import pytest

from tests.documentation.howto import PRESETS_OF, own_project

pytestmark = [pytest.mark.workflow, pytest.mark.long]

#: The line that `check` says of the small data of each page.
SAID = {
    "brain_data": "mine: 1 subject, 3 runs x 70 volumes, 4 categories, 24 blocks",
    "movies": "mine: 3 cells (3 stimulated); day1: 7 recordings, 6 patterns of 3 trials",
    "radiographs": "mine: 24 radiographs of 12 patients, 2 classes (normal 12, sick 12)",
}


@pytest.mark.parametrize("kind", PRESETS_OF)
def test_own_data_are_checked(kind: str, tmp_path: Path) -> None:
    said = own_project(tmp_path, kind).run("check")
    assert SAID[kind] in said.text
    assert "Traceback" not in said.text
