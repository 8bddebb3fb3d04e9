"""Names that differ in how they are spelt alone: capitals, outer spaces, composed accents."""

import unicodedata


def folded(name: str) -> str:
    """Form that all spellings of a name share: composed, in small letters, without outer spaces."""
    return unicodedata.normalize("NFC", name.strip().casefold())
