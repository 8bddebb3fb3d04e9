"""The checksums of a PNG file, which Pillow passes over where they guard the pixels."""

import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def check_png(content: bytes) -> None:
    """Raise ValueError if a chunk of a PNG file is not as its checksum says; others pass.

    Parameters
    ----------
    content : bytes
        Of an image file of any format.
    """
    if not content.startswith(SIGNATURE):
        return
    start = len(SIGNATURE)
    while start < len(content):
        length = int.from_bytes(content[start : start + 4], "big")
        end = start + 8 + length
        name, chunk = content[start + 4 : start + 8], memoryview(content)[start + 4 : end]
        if zlib.crc32(chunk) != int.from_bytes(content[end : end + 4], "big"):
            raise ValueError(f"its chunk {name.decode('latin-1')!r} has a wrong checksum")
        if name == b"IEND":
            return
        start = end + 4
    raise ValueError("it ends too early")
