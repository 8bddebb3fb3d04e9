"""What the hash of code takes from one Python file, kept by the file's content between starts.

Parsing all files takes most of a second; reading and hashing their bytes takes none.
"""

import ast
import atexit
import hashlib
import json
import sys
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path

from neuroloop.files.kept_text import keep_text

#: What an entry of a registry says of itself for documents and figures.
SHOWN = {"ORDER", "TITLE", "LEGEND", "COLOUR", "MARKER", "TO_BEAT", "CONTROLS_FOR"}

#: What of a file is in no function and no class.
TOP = "top of the file"


@dataclass(frozen=True)
class ParsedFile:
    """What one file means to the hash.

    Attributes
    ----------
    imports : tuple of str
        Names of what it imports, at its top or inside a function.
    assets : tuple of str
        Files beside it that it names in its constant ``ASSETS``, a tuple of strings.
    meaning : str
        Hash of its syntax tree without docstrings; comments are not in it to begin with.
    hidden : str
        The same without `SHOWN` and without what `setting` is told of a setting's meaning.
    parts : tuple of (str, str)
        Name and hash of each function and class at its top; `TOP` is all else.
    """

    imports: tuple[str, ...]
    assets: tuple[str, ...]
    meaning: str
    hidden: str
    parts: tuple[tuple[str, str], ...]


class ParsedFiles:
    """Parsed files by content, kept in a file whose damage or loss costs time and nothing else.

    Parameters
    ----------
    file : Path
        Where they are kept. Each process replaces it as a whole, with what it used itself.
    """

    def __init__(self, file: Path) -> None:
        self.file = file.absolute()
        self._kept = self._read()
        self._used: dict[str, ParsedFile] = {}

    def parse(self, content: bytes) -> ParsedFile:
        """What a file of this content means."""
        key = hashlib.sha256(_own_hash() + content).hexdigest()
        if key not in self._used:
            self._used[key] = self._kept.get(key) or parse(content)
        return self._used[key]

    def save(self) -> None:
        """Keep what was used, if there is anything new; a folder that is read-only stays so."""
        if self._used.keys() <= self._kept.keys():
            return
        text = json.dumps({key: astuple(file) for key, file in sorted(self._used.items())})
        keep_text(self.file, f"{_checksum(text)}\n{text}")

    def _read(self) -> dict[str, ParsedFile]:
        try:
            checksum, _, text = self.file.read_text(encoding="utf-8").partition("\n")
            if checksum != _checksum(text):
                return {}
            return {key: _file(*row) for key, row in json.loads(text).items()}
        except (OSError, ValueError, TypeError):
            return {}


_KEPT: list[ParsedFiles] = []


def keep_in(folder: Path) -> None:
    """From now on, look for parsed files in a folder, and keep them there when the process ends."""
    _KEPT[:] = [ParsedFiles(folder / "parsed_code.json")]
    atexit.register(_KEPT[0].save)


def parsed(path: Path) -> ParsedFile:
    """What a file means, parsed once while it stays as it is."""
    state = path.stat()
    return _parsed(path, state.st_mtime_ns, state.st_size)


@cache
def _parsed(path: Path, _changed: int, _size: int) -> ParsedFile:
    content = path.read_bytes()
    return _KEPT[0].parse(content) if _KEPT else parse(content)


def parse(content: bytes) -> ParsedFile:
    """Parse the content of a Python file."""
    tree = ast.parse(content)
    names: set[str] = set()
    assets: tuple[str, ...] = ()
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    for statement in tree.body:
        if _assigned(statement) == {"ASSETS"} and isinstance(statement, ast.Assign):
            assets = tuple(ast.literal_eval(statement.value))
    tree.body = [node for node in tree.body if _assigned(node) != {"__version__"}]
    meaning, parts = ast.dump(tree), _parts(tree.body)
    kept = [node for node in tree.body if not (_assigned(node) and _assigned(node) <= SHOWN)]
    hidden = _Unexplained().visit(ast.Module(kept, tree.type_ignores))  # the last use of the tree
    return ParsedFile(
        tuple(sorted(names)),
        assets,
        _checksum(meaning),
        _checksum(ast.dump(hidden)),
        parts,
    )


def _file(
    imports: list[str], assets: list[str], meaning: str, hidden: str, parts: list[list[str]]
) -> ParsedFile:
    """A parsed file as JSON has it."""
    return ParsedFile(
        tuple(imports), tuple(assets), meaning, hidden, tuple((name, own) for name, own in parts)
    )


def _parts(body: list[ast.stmt]) -> tuple[tuple[str, str], ...]:
    """Hash of each function and class, and of all else; several of one name count as one."""
    named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    texts: dict[str, str] = {}
    for node in body:
        name = node.name if isinstance(node, named) else TOP
        texts[name] = texts.get(name, "") + ast.dump(node)
    return tuple((name, _checksum(text)[:16]) for name, text in texts.items())


def _assigned(node: ast.stmt) -> set[str]:
    """Names that a statement sets or mentions, if it is an assignment."""
    if not isinstance(node, ast.Assign):
        return set()
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


class _Unexplained(ast.NodeTransformer):
    """Takes away what `setting` is told of a setting's meaning."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Drop the first argument."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "setting":
            node.args = node.args[1:]
        return node


@cache
def _own_hash() -> bytes:
    """Hash of this module and of Python, either of which may come to read a file otherwise."""
    return hashlib.sha256(Path(__file__).read_bytes() + sys.version.encode()).digest()


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
