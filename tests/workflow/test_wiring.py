"""What each script hands from its rule to its function: every name where it belongs.

A script's last lines turn `snakemake.input`, `output`, `params` and `wildcards` into keywords. Two
that are exchanged would run without an error, and write the wrong thing.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from snakemake.api import ConfigSettings, OutputSettings, ResourceSettings, SnakemakeApi
from snakemake.io import is_flagged

from tests.project import ROOT

SCRIPTS = sorted(
    path for path in (ROOT / "scripts").glob("*/*.py") if not path.name.startswith("__")
)

#: What a job takes from its rule by itself: the record of the run, its threads, and what the folder
#: that it makes holds.
OF_THE_JOB = {("output", "run"), ("params", "threads"), ("output", "contents")}

#: Parameters that are there so that a job runs again when they change: hashes of code, of what the
#: user's files hold, folders of results that were changed, what is asked of a download, and the
#: precision, which a job takes of the config with all else that says how it computes.
TRIGGERS = {"code", "content", "changed", "asked", "precision"}

#: Inputs that a script finds by another one, beside which they lie: movies in folders, what
#: belongs to a model.json.
FOUND_BESIDE = {
    "extract_frames": {"movies", "contents"},
    "find_reader_leaks": {"movies", "contents"},
    "list_recordings": {"movies"},
    "map_radiographs": {"weights", "images"},
    "check_area": {"sidecars"},
    "close_loop": {"parts"},
    "check_radiographs": {"sidecar"},
    "check_network": {"parts"},
    "write_passport": {"figures", "contents"},
    "attribute_images": {"parts", "randomised_metrics"},
    "look_inside": {"parts"},
    "train_randomised": {"parts"},
    "watch_teaching": {"parts"},
    "write_gallery": {"parts", "contents"},
}


class Taken(NamedTuple):
    """A keyword of the call, and what it takes: an item of e.g. ``input``, or all of it."""

    keyword: str
    of: str
    name: str | None


@pytest.fixture(scope="module")
def rules() -> Iterator[dict[str, list[Any]]]:
    """Rules of the workflow as Snakemake reads them, by the name of their script."""
    with SnakemakeApi(OutputSettings()) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=[ROOT / "config" / "test.yaml"]),
            snakefile=ROOT / "Snakefile",
        )
        found: dict[str, list[Any]] = {}
        for rule in workflow._workflow.rules:
            if rule.script:
                found.setdefault(Path(rule.script).stem, []).append(rule)
        yield found


def call_of(path: Path) -> tuple[ast.FunctionDef, ast.Call]:
    """A script's function, and the call of it under ``if __name__ == "__main__"``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (function,) = (
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == path.stem
    )
    main = tree.body[-1]
    assert isinstance(main, ast.If), path
    assert ast.unparse(main.test) == "__name__ == '__main__'", path
    (call,) = (
        node
        for node in ast.walk(main)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == path.stem
    )
    return function, call


def taken(call: ast.Call) -> Iterator[Taken]:
    """What the keywords of a call take from the rule, in whatever expression."""
    whole = re.compile(r"snakemake\.(input|output|params|wildcards)(?:\.(\w+)(?:\(['\"](\w+))?)?")
    for keyword in call.keywords:
        assert keyword.arg, "**arguments hide their names"
        for of, name, key in whole.findall(ast.unparse(keyword.value)):
            yield Taken(keyword.arg, of, (key if name == "get" else name) or None)


def subscripts(tree: ast.AST, name: str) -> set[str]:
    """Constant keys by which a mapping is read."""
    return {
        node.slice.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and ast.unparse(node.value) == name
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    }


def names_of(rule: Any) -> dict[str, set[str]]:
    """Names that a rule gives to its files, parameters and wildcards."""
    return {
        "input": {name for name, _ in rule.input.items()},
        "output": {name for name, _ in rule.output.items()},
        "params": {name for name, _ in rule.params.items()},
        "wildcards": set(rule.wildcard_names),
    }


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_takes_keywords_by_the_names_of_its_rule(path: Path) -> None:
    function, call = call_of(path)
    assert not call.args
    assert not function.args.args
    assert not function.args.vararg
    assert not function.args.kwarg
    assert {keyword.arg for keyword in call.keywords} == {
        argument.arg for argument in function.args.kwonlyargs
    }
    for keyword, of, name in taken(call):
        assert keyword == (name or f"{of}s".replace("ss", "s")), f"{keyword} takes {of}.{name}"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_takes_what_its_rule_gives_and_all_of_it(
    path: Path, rules: dict[str, list[Any]]
) -> None:
    _, call = call_of(path)
    wired = list(taken(call))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for rule in rules[path.stem]:
        given = names_of(rule)
        for _, of, name in wired:
            assert name is None or name in given[of], f"{rule.name} has no {of} {name}"
        used = {(of, name) for _, of, name in wired} | OF_THE_JOB
        if "add_plugins(snakemake.params.plugins)" in ast.unparse(tree):
            used.add(("params", "plugins"))
        for mapping in ("input", "output"):
            if (mapping, None) in used:
                keys = subscripts(tree, f"{mapping}s")
                if rule.name == path.stem:  # rules made from it may write less
                    assert keys <= given[mapping], f"{mapping}: {keys - given[mapping]}"
                used |= {(mapping, key) for key in given[mapping]}
        sidecars = {name for name in given["output"] if name.endswith("sidecar")}
        beside = FOUND_BESIDE.get(path.stem, set())
        unused = {("params", name) for name in given["params"] - TRIGGERS}
        unused |= {("input", name) for name in given["input"] - beside}
        unused |= {("output", name) for name in given["output"] - sidecars}
        if ("output", "model") in used:  # files that are written with a model.json
            used |= {("output", "weights"), ("output", "images")}
        assert unused <= used, f"{rule.name}: {sorted(unused - used)}"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_device_is_of_the_config_and_no_part_of_what_a_job_is(
    path: Path, rules: dict[str, list[Any]]
) -> None:
    """A param would run the job again where results are the same; precision makes them others."""
    _, call = call_of(path)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    assert given.get("device", "snakemake.config['device']") == "snakemake.config['device']"
    for rule in rules[path.stem]:
        assert "device" not in names_of(rule)["params"]
        assert ("gpu" in rule.resources) == ("device" in given), rule.name
        assert ("precision" in names_of(rule)["params"]) == ("device" in given), rule.name
        taken = "Execution.from_config(snakemake.config)" in path.read_text(encoding="utf-8")
        assert taken == ("device" in given), rule.name


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_folder_of_results_stands_for_its_files(path: Path, rules: dict[str, list[Any]]) -> None:
    """What it holds is written beside it, and whoever reads it looks at that, not at its time."""
    saved = re.findall(
        r"save_contents\(snakemake\.output\.(\w+), snakemake\.output\.contents\)", path.read_text()
    )
    folders = {name for rules_ in rules.values() for rule in rules_ for name in folders_of(rule)}
    assert folders == {"movies", "figures", "folder"}
    for rule in rules[path.stem]:
        made = folders_of(rule)
        assert list(made) == saved, rule.name
        for name, folder in made.items():
            assert dict(rule.output.items())["contents"] == f"{folder}.json", name


def folders_of(rule: Any) -> dict[str, str]:
    """Folders that a rule makes, by their names."""
    return {name: str(path) for name, path in rule.output.items() if is_flagged(path, "directory")}
