"""How many bits per channel an image file stores, before Pillow reduces them to 8."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

#: TIFF 6.0: BitsPerSample.
BITS_PER_SAMPLE = 258


def bits_a_channel(image: "Image.Image") -> int:
    """Return the bits per channel as stored in the file.

    Of 16-bit colours, and of 16-bit grey with transparency, Pillow silently keeps the upper 8
    bits: if a 12-bit detector filled the lower ones, 16 levels are left.

    Parameters
    ----------
    image : Image
        Opened, its pixels not loaded yet.

    Returns
    -------
    int
        8 for formats of which Pillow reads no more.
    """
    if image.format == "TIFF":
        bits = image.tag_v2.get(BITS_PER_SAMPLE, (8,))  # type: ignore[attr-defined]
        return int(max(bits)) if isinstance(bits, tuple) else int(bits)
    if image.format == "PNG":
        match = re.search(r";(\d+)", str(image.tile[0][3]))  # type: ignore[attr-defined]
        return int(match[1]) if match else 8
    return 8
