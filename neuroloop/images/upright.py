"""Reading a file's only image, upright and with 8 bits per channel, or saying why not.

Pillow silently reads only the upper bits of deep colours, and pixels as they lie in the file,
whatever its header says about their orientation.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.images.depth import bits_a_channel
from neuroloop.images.image_file import load_upright, opened_image
from neuroloop.images.transparency import refuse_transparency

if TYPE_CHECKING:
    from PIL import Image


def read_upright(path: Path) -> "Image.Image":
    """Read an image, turned as its header says (EXIF).

    Parameters
    ----------
    path : Path

    Returns
    -------
    Image
        In the mode of the file.

    Raises
    ------
    NeuroLoopError
        If it cannot be read, has more than 8 bits per channel, parts that can be seen through, or
        several pages or frames.
    """
    with opened_image(path, "image", "replace it") as (image, _):
        bits = bits_a_channel(image)
        if image.mode[0] in "IF" or bits > 8:
            raise ValueError(
                f"mode {image.mode} of {bits} bits, not 8 bits per channel; of a radiograph "
                "model.json states `levels` and `white` in its preparation"
            )
        upright, _ = load_upright(image)
        refuse_transparency(upright)
        return upright
