"""The hash that says whether a rule's code changed."""

import os
from pathlib import Path

import pytest

from neuroloop.workflow.code_version import NUMERIC, assets, code_version, modules
from tests.project import ROOT

SCRIPTS = sorted(
    path.relative_to(ROOT / "scripts").as_posix()
    for path in (ROOT / "scripts").glob("*/*.py")
    if path.name != "__init__.py"
)

#: A small project: one script imports a module that imports another inside a function.
FILES = {
    "envs/requirements.lock": "numpy==2.0\nrich==1.0\ntorch==3.0  # pinned\n",
    "scripts/__init__.py": "",
    "neuroloop/__init__.py": "",
    "neuroloop/deep.py": "VALUE = 1\n",
    "neuroloop/middle.py": (
        '"""Middle."""\n\nimport json\n\n\ndef number() -> int:\n    """Say one."""\n'
        "    from neuroloop import deep\n\n    return deep.VALUE\n"
    ),
    "neuroloop/other.py": 'VALUE = 2\nASSETS = ("other.html.j2",)\n',
    "neuroloop/other.html.j2": "<p>{{ value }}</p>\n",
    "neuroloop/unnamed.css": "p { margin: 0; }\n",
    "scripts/branch/__init__.py": "",
    "scripts/branch/first.py": "from neuroloop.middle import number\n\nprint(number())\n",
    "scripts/branch/second.py": "import neuroloop.other\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def versions(project: Path) -> tuple[str, str]:
    """Hashes of the two scripts."""
    first, second = (code_version(f"branch/{name}.py", project) for name in ("first", "second"))
    return first, second


def changed(project: Path, name: str, text: str) -> tuple[bool, bool]:
    """Whether the hashes of the two scripts change when a file gets another text."""
    before = versions(project)
    path = project / name
    path.write_text(text)
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 10**9))  # a coarse clock may stand still
    first, second = (old != new for old, new in zip(before, versions(project), strict=True))
    return first, second


def test_imports_are_followed_into_functions(project: Path) -> None:
    found = modules(project / "scripts/branch/first.py", project)
    assert {path.relative_to(project).as_posix() for path in found} == {
        "scripts/branch/first.py",
        "neuroloop/__init__.py",
        "neuroloop/middle.py",
        "neuroloop/deep.py",
    }


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("neuroloop/deep.py", "1", "3", (True, False)),
        ("neuroloop/middle.py", "deep.VALUE", "deep.VALUE + 1", (True, False)),
        ("neuroloop/middle.py", "import json", "import csv", (True, False)),
        ("neuroloop/other.py", "VALUE = 2", "VALUE = 3", (False, True)),
        ("neuroloop/other.html.j2", "<p>", "<p class='large'>", (False, True)),
        ("neuroloop/unnamed.css", "0", "1rem", (False, False)),
        ("scripts/branch/second.py", "other", "middle", (False, True)),
        ("neuroloop/__init__.py", "", "VALUE = 0\n", (True, True)),
        ("neuroloop/middle.py", '"""Middle."""', '"""The one in the middle."""', (False, False)),
        ("neuroloop/middle.py", '    """Say one."""\n', "", (False, False)),
        ("neuroloop/middle.py", "\n\n\n", "\n# A number.\n\n\n\n", (False, False)),
        ("neuroloop/deep.py", "VALUE = 1", "VALUE  =  1  # one", (False, False)),
        ("envs/requirements.lock", "numpy==2.0", "numpy==2.1", (True, True)),
        ("envs/requirements.lock", "rich==1.0", "rich==1.1", (False, False)),
        ("envs/requirements.lock", "  # pinned", "", (False, False)),
    ],
)
def test_an_edit_changes_exactly_the_scripts_that_follow_from_it(
    project: Path, name: str, old: str, new: str, expected: tuple[bool, bool]
) -> None:
    text = FILES[name]
    assert changed(project, name, text.replace(old, new, 1)) == expected


def test_a_plugin_s_template_changes_the_jobs_that_run_it(project: Path, tmp_path: Path) -> None:
    plugin = tmp_path / "own.py"
    plugin.write_text('ASSETS = ("own.html.j2",)\n')
    template = tmp_path / "own.html.j2"
    template.write_text("<p>1</p>")

    def made(*entries: Path) -> str:
        return code_version("branch/first.py", project, entries)

    before, without = made(plugin), made()
    template.write_text("<p>2</p>")
    assert made(plugin) != before
    assert made() == without


def test_every_template_and_style_sheet_is_named_by_a_module_beside_it() -> None:
    """One that is not would be no part of any hash: pages would stay as they were."""
    kinds = {".j2", ".css", ".js"}
    found = {path for path in (ROOT / "neuroloop").rglob("*") if path.suffix in kinds}
    named = {asset for path in (ROOT / "neuroloop").rglob("*.py") for asset in assets(path)}
    assert len(found) > 10
    assert named == found


def test_a_module_that_moves_changes_its_scripts(project: Path) -> None:
    before = versions(project)
    (project / "neuroloop/deep.py").rename(project / "neuroloop/deeper.py")
    text = FILES["neuroloop/middle.py"]
    (project / "neuroloop/middle.py").write_text(text.replace("import deep", "import deeper"))
    after = versions(project)
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_times_and_places_change_nothing(project: Path, tmp_path: Path) -> None:
    before = versions(project)
    for path in project.rglob("*.*"):
        os.utime(path, (1, 1))
    assert versions(project) == before
    moved = project.rename(tmp_path.with_name("elsewhere"))
    assert versions(moved) == before


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_that_learn_do_not_import_what_draws(script: str) -> None:
    """So that an edit of a figure trains nothing again."""
    names = {path.stem for path in modules(ROOT / "scripts" / script)}
    if Path(script).name.startswith(("decode_", "train_", "import_", "simulate_")):
        assert not names & {"figure", "figures", "page", "summary", "ablation"}
        assert "errors" in names


def test_numeric_packages_are_pinned() -> None:
    lock = (ROOT / "envs" / "requirements.lock").read_text().splitlines()
    pinned = {line.partition("==")[0].lower() for line in lock}
    assert set(NUMERIC) <= pinned
