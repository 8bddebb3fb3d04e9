"""Decoders: named variants of the methods that turn brain activity into scores of classes."""

from neuroloop.config.settings import Settings, setting


class Decoder(Settings):
    """A decoder; the settings of its method stand in the same block."""

    method: str = setting("How brain activity is decoded.")
