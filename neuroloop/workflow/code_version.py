"""Hash of the code that a script runs, so that results follow the library and nothing else.

Snakemake notices an edited script but not an edited module that it imports, and takes a mere
`touch` of a script for an edit. Every rule therefore carries this hash among its params, and the
trigger `code` is left out of profiles/default.
"""

import hashlib
import re
from functools import cache
from importlib import metadata
from pathlib import Path

from neuroloop.workflow.hash_record import PACKAGES, record
from neuroloop.workflow.parsed_code import parsed

#: Folder that holds the library: a checkout, or where packages are installed.
ROOT = Path(__file__).resolve().parents[2]

#: Packages whose version changes numbers: they are part of every hash.
NUMERIC = (
    "himalaya",
    "nilearn",
    "numpy",
    "pandas",
    "pillow",
    "scikit-image",
    "scikit-learn",
    "scipy",
    "torch",
)


#: A room whose code refuses what is wrong, and changes no result.
CHECKS = ["neuroloop", "contracts"]


def code_version(
    script: str,
    root: Path = ROOT,
    entries: tuple[Path, ...] = (),
    shown: bool = False,
    file: Path | None = None,
) -> str:
    """Hash a script with all first-party modules that it imports, directly or not.

    Parameters
    ----------
    script : str
        Path below ``scripts/``.
    root : Path
        Folder that holds the library.
    entries : tuple of Path
        Files of the registries' entries that the job runs, which the script imports by name alone.
    shown : bool
        Whether the job shows `parsed_code.SHOWN` of its entries; otherwise an edit of that changes
        no hash.
    file : Path, optional
        Where the script lies, if not below `root`.

    Returns
    -------
    str
        Sixteen hexadecimal digits, unchanged by comments, docstrings, layout and file times.
        Templates and other files that a module names in its constant ``ASSETS`` are part of it.
    """
    packages = numeric_versions(root)
    digest = hashlib.sha256(packages.encode())
    file = file or root / "scripts" / script
    code = modules(file, root)
    for entry in entries:
        code |= modules(entry, root)
    names = {path: _name(path, root) for path in code} | {file: f"scripts/{script}"}
    made_of: dict[str, dict[str, str]] = {PACKAGES: dict(_pinned(packages))}
    for path in sorted(code, key=lambda path: (names[path], path)):
        facts = parsed(path)
        digest.update(names[path].encode())
        digest.update((facts.hidden if path in entries and not shown else facts.meaning).encode())
        made_of[names[path]] = dict(facts.parts)
        for asset in assets(path):
            content = asset.read_bytes()
            digest.update(asset.name.encode() + content)
            made_of[names[path]][asset.name] = hashlib.sha256(content).hexdigest()[:16]
    version = digest.hexdigest()[:16]
    record(version, made_of)
    return version


def modules(script: Path, root: Path = ROOT) -> set[Path]:
    """Files of a script and of the first-party modules that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [file for name in parsed(path).imports for file in _first_party(name, root)]
    return found


def assets(path: Path) -> tuple[Path, ...]:
    """Files beside a module that it names in its constant ``ASSETS``, a tuple of names."""
    return tuple(path.with_name(name) for name in parsed(path).assets)


@cache
def _first_party(name: str, root: Path) -> tuple[Path, ...]:
    """Files of a module, if it is first-party, and of the packages that hold it."""
    parts = name.split(".")
    if parts[0] not in ("scripts", "neuroloop") or parts[:2] == CHECKS:
        return ()
    files = [root.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
    return tuple(
        path for path in [*files, root.joinpath(*parts).with_suffix(".py")] if path.is_file()
    )


def _pinned(packages: str) -> list[tuple[str, str]]:
    """Name and version of each package."""
    return [(name, version) for name, _, version in (p.partition("==") for p in packages.split())]


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def numeric_versions(root: Path = ROOT) -> str:
    """Versions of numeric packages: those that a checkout's lock pins, else the installed ones.

    Parameters
    ----------
    root : Path
        Folder that holds the library.
    """
    lock = root / "envs" / "requirements.lock"
    if not lock.is_file():
        return "\n".join(f"{name}=={metadata.version(name)}" for name in NUMERIC)
    wanted = re.compile(rf"^({'|'.join(NUMERIC)})==", re.IGNORECASE)
    lines = lock.read_text(encoding="utf-8").splitlines()
    return "\n".join(sorted(line.split("#")[0].strip() for line in lines if wanted.match(line)))
