"""What is said of config files as they stand, before they are merged."""

from pathlib import Path

import pytest

from neuroloop.config.check import ConfigError
from neuroloop.workflow.config_files import check_config_file
from tests.project import PRESETS, ROOT, Project


@pytest.mark.parametrize("name", PRESETS)
def test_presets_state_each_key_once(name: str) -> None:
    check_config_file(ROOT / "config" / f"{name}.yaml")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("run: [a]\nseed: 1\nrun: [b]\n", "'run' stands twice in one block, in lines 1 and 3"),
        ("a:\n  b: {c: 1,\n   'c': 2}\n", "'c' stands twice in one block, in lines 2 and 3"),
        ("a:\n- {b: 1, b: 1}\n", "'b' stands twice in one block, in lines 2 and 2"),
        ('{"a": {"b": 1,\n\t"b": 2}}', "'b' stands twice in one block: keep"),
        ("a: [1\nb: 2\n", "line 2: this is no YAML"),
        ("a:\n  b: 064\n", "line 2: YAML reads 064 as 52: write that, or put it between quotes"),
        ("a: [1:30]\n", "line 1: YAML reads 1:30 as 90"),
        ("# Gr\u00fc\u00dfe\na: 1\n".encode("latin-1"), "line 1 is not UTF-8: save it as UTF-8"),
        ("a: 1\n".encode("utf-16"), "it is UTF-16: save it as UTF-8"),
    ],
)
def test_what_nobody_means_is_one_line(tmp_path: Path, content: str | bytes, said: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as told:
        check_config_file(file)
    assert str(told.value).startswith(str(file))
    assert said in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a {b: 1}\nc: {<<: *a, b: 2}\nd: {<<: *a, <<: *a}\n",
        "a: &a [*a]\n",
        "a: {b: 1}\nc: {b: 1}\n",
        '{"a": {"b": 1}, "c": {"b": 1}}',
        "a: ['064', '1:30', 0, 10, 0x40, 0.5, 12:30 h]\n",
        "\ufeffa: 1\n",
    ],
)
def test_what_is_meant_passes(tmp_path: Path, text: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text, encoding="utf-8")
    check_config_file(file)


def test_a_given_config_file_is_checked_before_any_rule(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    (project.folder / "own.yaml").write_text("seed: 1\nrun: [simulated]\nseed: 2\n")
    said = project.call("-n", "--configfile", "own.yaml")
    assert said.status != 0
    assert "own.yaml: 'seed' stands twice in one block, in lines 1 and 3: keep" in said.text
    assert "Traceback" not in said.text
