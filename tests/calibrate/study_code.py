"""Hash of the code that a claim's study runs, so that an edit counts anew what it touches alone.

Of the study's own module that is the function with what it names, directly or not; of the modules
that these import, the whole, by the rules of `neuroloop.workflow.code_version`.
"""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path
from types import FunctionType
from typing import Any

from neuroloop.workflow.code_version import ROOT, assets, modules, numeric_versions
from neuroloop.workflow.parsed_code import parsed
from tests.calibrate.claim import Claim


def study_hash(claim: Claim, root: Path = ROOT) -> str:
    """Sixteen hexadecimal digits, unchanged by comments, docstrings and other claims."""
    digest = hashlib.sha256(numeric_versions(root).encode())
    functions: dict[tuple[str, str], FunctionType] = {}
    digest.update(_described(claim.study, functions).encode())
    files = {root / entry for entry in claim.entries}
    for _, function in sorted(functions.items()):
        definitions, imported = _reached(Path(function.__code__.co_filename), function.__name__)
        digest.update("\n".join(definitions).encode())
        files |= {file for name in imported for file in _files(name, root)}
    followed = _followed(files, root)
    for path in sorted(followed):
        digest.update(path.relative_to(root).as_posix().encode() + parsed(path).meaning.encode())
        for asset in assets(path):
            digest.update(asset.read_bytes())
    return digest.hexdigest()[:16]


def _described(value: Any, functions: dict[tuple[str, str], FunctionType]) -> str:
    """A value in words that last; functions by name, and collected."""
    if isinstance(value, partial):
        given = [value.args, sorted(value.keywords.items())]
        return f"{_described(value.func, functions)} of {_described(given, functions)}"
    if isinstance(value, FunctionType):
        functions[value.__module__, value.__name__] = value
        return f"{value.__module__}.{value.__name__}"
    if isinstance(value, list | tuple):
        return f"({', '.join(_described(one, functions) for one in value)})"
    text = repr(value)
    if " at 0x" in text:
        raise TypeError(f"a study cannot be given {text}, which is another at each start")
    return text


@cache
def _reached(file: Path, name: str) -> tuple[list[str], list[str]]:
    """Definitions of a module that a function names, directly or not, and imports of these."""
    tree = ast.parse(file.read_bytes())
    defined: dict[str, ast.stmt] = {}
    imports: dict[str, list[str]] = {}
    for statement in tree.body:
        for bound in _bound(statement):
            defined[bound] = statement
        imports |= _imports(statement)
    found: set[str] = set()
    imported: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        imported.update(imports.get(one, []))
        if one in defined and one not in found:
            found.add(one)
            for node in ast.walk(defined[one]):
                if isinstance(node, ast.Name):
                    waiting.append(node.id)
                for names in _imports(node).values():
                    imported.update(names)
    if name not in found:
        raise TypeError(f"study {name!r} is no function of the top level of {file.name}")
    return [_meaning(defined[one]) for one in sorted(found)], sorted(imported)


def _bound(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        nodes: Iterable[ast.AST] = ast.walk(statement)
        return [
            node.id
            for node in nodes
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
    return []


def _imports(node: ast.AST) -> dict[str, list[str]]:
    """Dotted names that an import binds, by the name that it binds them to."""
    if isinstance(node, ast.Import):
        return {(one.asname or one.name.split(".")[0]): [one.name] for one in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        module = node.module
        return {(one.asname or one.name): [module, f"{module}.{one.name}"] for one in node.names}
    return {}


def _meaning(definition: ast.stmt) -> str:
    """Syntax tree without docstrings."""
    for node in ast.walk(definition):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(definition)


def _files(name: str, root: Path) -> list[Path]:
    """Files of a module of the project and of the packages that hold it."""
    parts = name.split(".")
    if parts[0] not in ("neuroloop", "scripts", "tests"):
        return []
    packages = [root.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
    files = [*packages, root.joinpath(*parts).with_suffix(".py")]
    return [path for path in files if path.is_file()]


def _followed(files: Iterable[Path], root: Path) -> set[Path]:
    """These files and those that they import, of the library and of the tests."""
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found |= {path} | modules(path, root)
            of_tests = [name for name in parsed(path).imports if name.split(".")[0] == "tests"]
            waiting += [file for name in of_tests for file in _files(name, root)]
    return found
