"""Settings common to all linear decoders."""

from neuroloop.config.settings import Settings, setting


class LinearSettings(Settings):
    """What `voxels.prepare` does before any linear decoder."""

    scale: bool = setting(
        "Whether voxels are z-scored by the training rows of each fold; otherwise they are centred "
        "and keep their units, e.g. where runs were z-scored before.",
        True,
    )
