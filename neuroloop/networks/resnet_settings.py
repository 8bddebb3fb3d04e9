"""Settings of residual networks."""

from typing import Literal

from neuroloop.config.settings import Settings, setting

#: Where training can begin, and what a head can read.
SECTIONS = ("stem", "layer1", "layer2", "layer3", "layer4")


class ResNetSettings(Settings):
    """What a residual network as backbone leaves to choose."""

    width: int = setting("Channels of the first stage.", 64, ge=1, unit="channels")
    stem: Literal["small", "imagenet"] = setting(
        "First layers: small (3 x 3, for images up to 32 pixels) or imagenet (7 x 7 and pooling).",
        "imagenet",
    )
