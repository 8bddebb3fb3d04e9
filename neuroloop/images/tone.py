"""Whether the levels of an image mean what levels usually mean: PNG's gamma, and colour profiles.

A level is read as stored, as if it were encoded like sRGB, which nearly all files are. Where a
header says that it is encoded otherwise, the same level is another brightness.
"""

import functools
import io
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

#: Exponent by which PNG's gAMA says that levels are encoded, and how far a file may be from it.
USUAL_GAMMA, GAMMA_STEP = 1 / 2.2, 0.02

#: Grey levels of 255 by which a profile may differ from sRGB: gamma 2.2 differs by less.
PROFILE_STEP = 10


def refuse_tone(image: "Image.Image") -> None:
    """Raise ValueError if an opened image states that its levels are encoded unlike sRGB's."""
    gamma = image.info.get("gamma")
    if gamma is not None and abs(gamma - USUAL_GAMMA) > GAMMA_STEP:
        raise ValueError(
            f"its header states the gamma {gamma:g}, not {USUAL_GAMMA:.3f}: save it with that, or "
            "with none"
        )
    profile = image.info.get("icc_profile")
    if profile and (off := _shift(profile)) > PROFILE_STEP:
        raise ValueError(
            f"its colour profile shifts grey levels by up to {off} of 255: save it as sRGB, or "
            "without a profile"
        )


@functools.lru_cache
def _shift(profile: bytes) -> int:
    """Grey levels of 255 by which a profile differs from sRGB, at most."""
    from PIL import Image, ImageCms

    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    space = opened.profile.xcolor_space.strip()
    mode = {"GRAY": "L", "RGB": "RGB"}.get(space)
    if mode is None:
        raise ValueError(f"its colour profile is for {space}: save it as grey")
    grey = np.arange(256, dtype=np.uint8)[None]
    usual = ImageCms.createProfile("sRGB")
    turned = ImageCms.profileToProfile(
        Image.fromarray(grey).convert(mode), opened, usual, outputMode="RGB"
    )
    assert turned is not None  # it is where an image is changed in place
    return int(np.abs(np.asarray(turned).astype(int) - grey[..., None]).max())
