"""How many bits a channel an image file has, before a decoder makes 8 of them."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

#: TIFF 6.0: BitsPerSample.
BITS_PER_SAMPLE = 258


def bits_a_channel(image: "Image.Image") -> int:
    """Bits of a channel as they are stored.

    Pillow reads colours, and grey with transparency, of 16 bits as the upper 8 of them, in
    silence: if a detector of 12 bits filled the lower ones, 16 levels are left.

    Parameters
    ----------
    image : Image
        Opened, its pixels not loaded yet.

    Returns
    -------
    int
        8 of formats that have no more, as far as Pillow reads them.
    """
    if image.format == "TIFF":
        bits = image.tag_v2.get(BITS_PER_SAMPLE, (8,))  # type: ignore[attr-defined]
        return int(max(bits)) if isinstance(bits, tuple) else int(bits)
    if image.format == "PNG":
        told = re.search(r";(\d+)", str(image.tile[0][3]))  # type: ignore[attr-defined]
        return int(told[1]) if told else 8
    return 8
