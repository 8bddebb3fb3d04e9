"""Hash of the code that a script runs, so that results follow the library and nothing else.

Snakemake notices an edited script but not an edited module that it imports, and takes a mere
`touch` of a script for an edit. Every rule therefore carries this hash among its params, and the
trigger `code` is left out of profiles/default.
"""

import ast
import hashlib
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "envs" / "requirements.lock"

#: Packages whose version changes numbers: their pins are part of every hash.
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


def code_version(script: str, root: Path = ROOT) -> str:
    """Hash a script with all first-party modules that it imports, directly or not.

    Parameters
    ----------
    script : str
        Path below ``scripts/``.
    root : Path
        Root of the project.

    Returns
    -------
    str
        Sixteen hexadecimal digits, unchanged by comments, docstrings, layout and file times.
    """
    digest = hashlib.sha256(_pins(LOCK if root == ROOT else root / "envs" / LOCK.name).encode())
    for path in sorted(modules(root / "scripts" / script, root)):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(_meaning(path, path.stat().st_mtime_ns).encode())
    return digest.hexdigest()[:16]


def modules(script: Path, root: Path = ROOT) -> set[Path]:
    """Files of a script and of the first-party modules that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imports(path, root, path.stat().st_mtime_ns)
    return found


@cache
def _imports(path: Path, root: Path, _changed: int) -> tuple[Path, ...]:
    """First-party files that one file imports, at its top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(_tree(path, _changed)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    files = set()
    for name in names:
        parts = name.split(".")
        if parts[0] not in ("scripts", "neuroloop"):
            continue
        packages = [root.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
        files |= {p for p in [*packages, root.joinpath(*parts).with_suffix(".py")] if p.is_file()}
    return tuple(sorted(files))


@cache
def _tree(path: Path, _changed: int) -> ast.Module:
    """Syntax tree of a file, parsed once while the file stays as it is."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def _meaning(path: Path, _changed: int) -> str:
    """Syntax tree of a file without its docstrings; comments are not in it to begin with."""
    tree = _tree(path, _changed)
    for node in ast.walk(tree):
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def _pins(lock: Path) -> str:
    """Lines of the lock that pin numeric packages."""
    lines = lock.read_text(encoding="utf-8").splitlines() if lock.is_file() else []
    wanted = re.compile(rf"^({'|'.join(NUMERIC)})==", re.IGNORECASE)
    return "\n".join(sorted(line.split("#")[0].strip() for line in lines if wanted.match(line)))
