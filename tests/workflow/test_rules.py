"""The form of the workflow: what every rule states, and who may import whom."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from snakemake.api import ConfigSettings, OutputSettings, ResourceSettings, SnakemakeApi

from neuroloop.report.chapters import chapters
from neuroloop.workflow.configuration import settle
from tests.project import ROOT

#: Rules that only name other rules' results.
TARGETS = {
    "all",
    "check",
    "audit",
    "crate",
    "soft_labels",
    "students",
    "retrieve",
    "explain",
    "status",
    "why",
    "verify",
    "doctor",
}

#: Rooms of one study each; any may use `explain`, which knows nothing of them.
BRANCHES = {"fmri", "distill", "calcium", "cxr", "explain"}

#: Rooms that look at all branches, and that no other room imports.
CROSSING = {"workflow", "contracts", "published"}


@pytest.fixture(scope="module")
def rules() -> Iterator[dict[str, Any]]:
    """Rules of the workflow as Snakemake reads them, by name."""
    with SnakemakeApi(OutputSettings()) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=[ROOT / "config" / "test.yaml"]),
            snakefile=ROOT / "Snakefile",
        )
        yield {rule.name: rule for rule in workflow._workflow.rules}


def plain(path: str) -> str:
    """A path without the constraints of its wildcards."""
    return re.sub(r"\{(\w+),[^}]*\}", r"{\1}", str(path))


def test_targets_are_the_rules_without_a_script(rules: dict[str, Any]) -> None:
    assert {name for name, rule in rules.items() if not rule.script} == TARGETS


def test_every_rule_is_explained(rules: dict[str, Any]) -> None:
    silent = [name for name, rule in rules.items() if not (rule.docstring or "").strip()]
    assert not silent


def test_every_rule_states_what_it_takes_and_needs(rules: dict[str, Any]) -> None:
    for name in rules.keys() - TARGETS:
        rule = rules[name]
        assert {"code", "threads"} <= set(dict(rule.params.items())), name
        assert {"mem_mb", "runtime"} <= set(rule.resources), name
        assert rule.conda_env == "../envs/neuroloop.yaml", name
        for files in (rule.input, rule.output):
            named = sum(len(f) if isinstance(f, list) else 1 for _, f in files.items())
            # A function whose answer is unpacked names its files itself.
            named += sum("unpack" in getattr(f, "flags", {}) for f in files)
            assert named == len(files), f"{name}: a file without a name"
        assert any(re.fullmatch(r"(.+\.)?run\.json", Path(f).name) for f in rule.output), name


def test_every_rule_states_its_threads() -> None:
    """Snakemake fills them in, so this looks at the text."""
    blocks = re.split(r"^rule ", _all_rules(), flags=re.MULTILINE)[1:]
    for block in blocks:
        assert "    script:" not in block or re.search(r"^    threads: ", block, re.MULTILINE), (
            block
        )


def test_scripts_are_named_as_their_rules(rules: dict[str, Any]) -> None:
    owners: dict[str, set[str]] = {}
    for name in rules.keys() - TARGETS:
        owners.setdefault(rules[name].script, set()).add(name)
    for script, names in owners.items():
        path = (ROOT / "rules" / script).resolve()
        assert path.is_file()
        assert path.stem in names
        for name in names - {path.stem}:  # the same rule with other inputs
            assert f"use rule {path.stem} as {name} with" in _all_rules()
    found = {(ROOT / "rules" / script).resolve() for script in owners}
    every = set((ROOT / "scripts").glob("*/*.py")) - set((ROOT / "scripts").glob("*/__init__.py"))
    assert found == every


def _all_rules() -> str:
    return "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))


def test_logs_and_benchmarks_mirror_results(rules: dict[str, Any]) -> None:
    for name in rules.keys() - TARGETS:
        rule = rules[name]
        (log,) = (plain(path) for path in rule.log)
        benchmark = plain(rule.benchmark)
        folders = {plain(path).rpartition("/")[0] for path in rule.output}
        assert len(folders) == 1, f"{name} writes into {folders}"
        (folder,) = folders
        assert folder.partition("/")[0] == "results"
        assert log.rpartition("/")[0] == folder.replace("results", "logs", 1), name
        assert benchmark.rpartition("/")[0] == folder.replace("results", "benchmarks", 1), name
        assert log.endswith(".log")
        assert benchmark.endswith(".tsv")


def test_the_snakefile_is_short_and_files_of_functions_hold_no_rule() -> None:
    assert len((ROOT / "Snakefile").read_text().splitlines()) < 80
    for path in [ROOT / "rules" / "common.smk", *(ROOT / "rules").glob("*_inputs.smk")]:
        assert not re.search(r"^(use )?(rule|checkpoint)\b", path.read_text(), re.MULTILINE), path


def imports(path: Path) -> set[str]:
    """First-party modules that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in ("neuroloop", "scripts", "rules")}


def test_arrows_run_one_way() -> None:
    """From rules to scripts to a branch of the library to its shared rooms."""
    for path in sorted((ROOT / "neuroloop").glob("*/**/*.py")):
        room = path.relative_to(ROOT / "neuroloop").parts[0]
        for name in imports(path):
            top, *rest = name.split(".")
            assert top == "neuroloop", f"{path} imports {name}"
            if rest[0] in BRANCHES and room not in CROSSING:
                assert rest[0] in (room, "explain"), f"{path} imports {name}"
                assert room in BRANCHES, f"{path}, a shared room, imports {name}"
            assert rest[0] not in CROSSING or room == rest[0], f"{path} imports {name}"
    for path in (ROOT / "scripts").glob("*/*.py"):
        for name in imports(path):
            assert name.startswith("neuroloop."), f"{path} imports {name}"


def test_no_room_for_leftovers() -> None:
    names = {
        part
        for room in ("neuroloop", "scripts")
        for path in (ROOT / room).rglob("*.py")
        for part in path.with_suffix("").parts
    }
    assert not {name for name in names if re.search(r"util|helper|misc", name)}


def test_the_library_knows_nothing_of_snakemake() -> None:
    for path in (ROOT / "neuroloop").rglob("*.py"):
        if "workflow" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert "snakemake" not in names, path
        found = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
        assert not [n for n in found if "snakemake" in ast.dump(n)], path


def test_snakemakes_own_report_shows_every_file_of_the_page(rules: dict[str, Any]) -> None:
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    settle(config, {})
    flagged = {
        re.sub(r"\\\{\w+\\\}", r"[^/.]+", re.escape(plain(file))): file.flags["report"]
        for rule in rules.values()
        for file in rule.output
        if "report" in file.flags
    }
    shown = {str(file) for chapter in chapters(config) for file in chapter.files.values()}
    assert shown
    for path in sorted(shown):
        flags = [flag for pattern, flag in flagged.items() if re.fullmatch(pattern, path)]
        assert flags, f"{path} is shown by the page: flag it with reported(...) in its rule"
        assert flags[0].category, path
        assert flags[0].labels["shown"], path
        caption = Path(flags[0].caption.get_path_or_uri(secret_free=True))
        assert caption.is_file(), caption
