"""Decoders: named variants of the methods that turn brain activity into scores of classes."""

from typing import Any

from neuroloop.config.settings import Settings, setting


class Decoder(Settings):
    """A decoder; the settings of its method stand in the same block."""

    method: str = setting("How brain activity is decoded.")
    variant: Any = setting(
        "What is done to the voxels first, as a control (docs/fmri.md#controls-of-a-decoding); "
        "null: nothing.",
        None,
    )
