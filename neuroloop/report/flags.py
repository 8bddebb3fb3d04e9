"""Flags: what a reader has to know before he believes a result, each of a kind, counted on top."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from neuroloop.report.cards import listed

#: Kinds in the order of the page: what one is called, and several.
KINDS = {
    "control": ("control not at chance", "controls not at chance"),
    "leak": ("leak", "leaks"),
    "guard": ("failed guard", "failed guards"),
    "void": ("test void", "tests void"),
    "chance": ("reader at chance", "readers at chance"),
    "few": ("n too small", "times n too small"),
    "silent": ("session with silent cells", "sessions with silent cells"),
    "data": ("warning of the data", "warnings of the data"),
    "answer": ("remark on an answer", "remarks on answers"),
}


class Against(str):
    """A sentence that speaks against an answer, with its kind: one of `KINDS`.

    Attributes
    ----------
    kind : str
    """

    __slots__ = ("kind",)
    kind: str

    def __new__(cls, text: str, kind: str = "answer") -> Self:
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of flag: name one of {', '.join(KINDS)}")
        made = super().__new__(cls, text)
        made.kind = kind
        return made


@dataclass(frozen=True)
class Flag:
    """What a reader has to know before he believes a result.

    Attributes
    ----------
    of : str
        Data set or claim.
    told : str
        A sentence.
    link : str
        Where more stands; empty for nowhere.
    kind : str
        One of `KINDS`.
    """

    of: str
    told: str
    link: str = ""
    kind: str = "answer"


def flagged(of: str, told: Iterable[str], link: str) -> list[Flag]:
    """Flags of sentences about one thing; a plain sentence is a remark."""
    return [Flag(of, str(text), link, getattr(text, "kind", "answer")) for text in told]


def ordered(flags: Iterable[Flag]) -> list[Flag]:
    """Flags by kind, each once."""
    places = list(KINDS)
    return sorted(dict.fromkeys(flags), key=lambda flag: places.index(flag.kind))


def counted(flags: Sequence[Flag]) -> str:
    """How many of each kind: ``"2 leaks, 1 test void and 1 warning of the data"``."""
    counts = Counter(flag.kind for flag in flags)
    return listed(
        [
            f"{counts[kind]} {names[counts[kind] > 1]}"
            for kind, names in KINDS.items()
            if counts[kind]
        ]
    )
