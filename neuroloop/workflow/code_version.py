"""Hash of the code that a script runs, so that results follow the library and nothing else.

Snakemake notices an edited script but not an edited module that it imports, and takes a mere
`touch` of a script for an edit. Every rule therefore carries this hash among its params, and the
trigger `code` is left out of profiles/default.
"""

import ast
import copy
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


#: A room whose code refuses what is wrong, and changes no result.
CHECKS = ["neuroloop", "contracts"]

#: What an entry of a registry says of itself for documents and figures.
SHOWN = {"ORDER", "LEGEND", "COLOUR", "MARKER"}


def code_version(
    script: str, root: Path = ROOT, entries: tuple[Path, ...] = (), shown: bool = False
) -> str:
    """Hash a script with all first-party modules that it imports, directly or not.

    Parameters
    ----------
    script : str
        Path below ``scripts/``.
    root : Path
        Root of the project.
    entries : tuple of Path
        Files of the registries' entries that the job runs, which the script imports by name alone.
    shown : bool
        Whether the job shows `SHOWN` of its entries; otherwise an edit of that changes no hash.

    Returns
    -------
    str
        Sixteen hexadecimal digits, unchanged by comments, docstrings, layout and file times.
        Templates and other files that a module names in its constant ``ASSETS`` are part of it.
    """
    digest = hashlib.sha256(_pins(LOCK if root == ROOT else root / "envs" / LOCK.name).encode())
    code = modules(root / "scripts" / script, root)
    for entry in entries:
        code |= modules(entry, root)
    for path in sorted(code):
        inside = path.is_relative_to(root)
        digest.update((path.relative_to(root).as_posix() if inside else path.name).encode())
        hidden = path in entries and not shown
        digest.update(_meaning(path, path.stat().st_mtime_ns, hidden).encode())
        for asset in assets(path):
            digest.update(asset.name.encode() + asset.read_bytes())
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


def assets(path: Path) -> tuple[Path, ...]:
    """Files beside a module that it names in its constant ``ASSETS``, a tuple of names."""
    for node in _tree(path, path.stat().st_mtime_ns).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ASSETS":
            return tuple(path.with_name(name) for name in ast.literal_eval(node.value))
    return ()


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
        if parts[0] not in ("scripts", "neuroloop") or parts[:2] == CHECKS:
            continue
        packages = [root.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
        files |= {p for p in [*packages, root.joinpath(*parts).with_suffix(".py")] if p.is_file()}
    return tuple(sorted(files))


@cache
def _tree(path: Path, _changed: int) -> ast.Module:
    """Syntax tree of a file, parsed once while the file stays as it is."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def _meaning(path: Path, _changed: int, hidden: bool = False) -> str:
    """Syntax tree of a file without its docstrings; comments are not in it to begin with.

    `hidden`: without what an entry says of itself, and what its settings mean, either.
    """
    tree = _tree(path, _changed)
    for node in ast.walk(tree):
        documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    if hidden:
        kept = [node for node in tree.body if not _shown(node)]
        tree = _Unexplained().visit(ast.Module(copy.deepcopy(kept), tree.type_ignores))
    return ast.dump(tree)


def _shown(node: ast.stmt) -> bool:
    """Whether a statement sets `SHOWN`."""
    if not isinstance(node, ast.Assign):
        return False
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return bool(names) and names <= SHOWN


class _Unexplained(ast.NodeTransformer):
    """Takes away what `setting` is told of a setting's meaning."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Drop the first argument."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "setting":
            node.args = node.args[1:]
        return node


def _pins(lock: Path) -> str:
    """Lines of the lock that pin numeric packages."""
    lines = lock.read_text(encoding="utf-8").splitlines() if lock.is_file() else []
    wanted = re.compile(rf"^({'|'.join(NUMERIC)})==", re.IGNORECASE)
    return "\n".join(sorted(line.split("#")[0].strip() for line in lines if wanted.match(line)))
