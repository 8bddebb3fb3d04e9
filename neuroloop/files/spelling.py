"""Names that differ in how they are spelt alone: capitals, spaces, accents, decimals."""

import re
import unicodedata


def folded(name: str) -> str:
    """Form that all spellings of a name share: composed, in small letters, without outer spaces."""
    return unicodedata.normalize("NFC", name.strip().casefold())


def named_alike(name: str) -> str:
    """Form that all spellings of a name share, of numbers too: of ``1``, ``1.0`` and ``01``."""
    plain = folded(name)
    whole = re.fullmatch(r"([+-]?)0*(\d+)(\.0*)?", plain, re.ASCII)
    return whole[1].strip("+") + whole[2] if whole else plain
