"""What hashes of code and of files were made of, so that a later run can say what changed.

A hash alone tells that something changed. Beside it is kept, in a file whose loss costs these words
and nothing else, a hash of each function, class, template and package behind it, or of each file.
"""

import atexit
import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from neuroloop.files.kept_text import keep_text

#: Name under which packages stand among files; their parts are names and versions.
PACKAGES = "packages"

#: Name under which files of the user stand; their parts are names and hashes.
FILES = "files"

#: Parts of a file that are named.
NAMED = 4

#: What a hash was made of: parts by file, and the hash of each.
MadeOf = Mapping[str, Mapping[str, str]]


class HashRecord:
    """What each hash of code or of files was made of, kept in a file.

    Parameters
    ----------
    file : Path
    """

    def __init__(self, file: Path) -> None:
        self.file = file.absolute()
        self._scripts, self._files = self._read()
        self._kept = set(self._scripts)

    def add(self, version: str, made_of: MadeOf) -> None:
        """Remember what a hash is made of."""
        if version in self._scripts:
            return
        keys = {name: _key(parts) for name, parts in made_of.items()}
        self._scripts[version] = keys
        self._files |= {keys[name]: dict(parts) for name, parts in made_of.items()}

    def known(self, version: str) -> MadeOf | None:
        """What a hash was made of, if it is known."""
        files = self._scripts.get(version)
        if files is None:
            return None
        return {name: self._files.get(key, {}) for name, key in files.items()}

    def save(self) -> None:
        """Keep what is new, beside what others kept; a folder that is read-only stays so."""
        if self._scripts.keys() <= self._kept:
            return
        scripts, files = self._read()
        text = json.dumps({"scripts": scripts | self._scripts, "files": files | self._files})
        keep_text(self.file, text)

    def _read(self) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
        try:
            kept = json.loads(self.file.read_text(encoding="utf-8"))
            return dict(kept["scripts"]), dict(kept["files"])
        except (OSError, ValueError, KeyError, TypeError):
            return {}, {}


_KEPT: list[HashRecord] = []


def keep_in(folder: Path) -> None:
    """From now on, remember what hashes are made of in a folder, for later processes too."""
    _KEPT[:] = [HashRecord(folder / "hash_record.json")]
    atexit.register(_KEPT[0].save)


def record(version: str, made_of: MadeOf) -> None:
    """Remember what a hash is made of, where that is kept."""
    for kept in _KEPT:
        kept.add(version, made_of)


def changes(old: Iterable[str], new: str) -> list[str] | None:
    """What differs between the code of a hash and that of an earlier one.

    Parameters
    ----------
    old : iterable of str
        What may be earlier hashes; the first one that is known counts.
    new : str

    Returns
    -------
    list of str or None
        A text a file; None if one of them is not known.
    """
    for kept in _KEPT:
        now = kept.known(new)
        before = next((found for one in old if (found := kept.known(one))), None)
        if now is not None and before is not None:
            return _differences(before, now)
    return None


def _differences(old: MadeOf, new: MadeOf) -> list[str]:
    told = []
    for name in sorted(old.keys() | new.keys()):
        before, now = old.get(name), new.get(name)
        if before is None:
            told.append(f"{name} (imported now)")
        elif now is None:
            told.append(f"{name} (no longer imported)")
        elif name == PACKAGES:
            told += [
                f"{package} {before.get(package, 'none')} → {now.get(package, 'none')}"
                for package in sorted(before.keys() | now.keys())
                if before.get(package) != now.get(package)
            ]
        elif name == FILES:
            told += _files(before, now)
        elif before != now:
            parts = [part for part in {**before, **now} if before.get(part) != now.get(part)]
            more = f" and {len(parts) - NAMED} more" if len(parts) > NAMED else ""
            told.append(f"{name} ({', '.join(parts[:NAMED])}{more})")
    return told


def _files(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Files of the user that came, went, or hold something else."""
    came = [f"{name} is new" for name in new if name not in old]
    went = [f"{name} is gone" for name in old if name not in new]
    return [
        f"{name} holds other bytes" for name in old if new.get(name, old[name]) != old[name]
    ] + [
        *came,
        *went,
    ]


def _key(parts: Mapping[str, str]) -> str:
    return sha256(json.dumps(sorted(parts.items())).encode()).hexdigest()[:16]
