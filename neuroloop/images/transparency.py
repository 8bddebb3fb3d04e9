"""Images with parts that can be seen through: what lies below them is not said."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image


def refuse_transparency(image: "Image.Image") -> None:
    """Raise ValueError if a pixel of a loaded image is not opaque."""
    key = image.info.get("transparency")
    if image.mode.startswith("I") and key is not None:
        seen_through = np.asarray(image) == key
    elif image.has_transparency_data:
        seen_through = np.asarray(image.convert("RGBA").getchannel("A")) < 255
    else:
        return
    if seen_through.any():
        raise ValueError(
            f"{seen_through.mean():.1%} of its pixels are transparent: save it without transparency"
        )
