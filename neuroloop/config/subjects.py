"""Settings of subjects and regions that several sources of brain data share."""

from neuroloop.config.settings import Settings, setting


class FileSubject(Settings):
    """A subject whose data are one file."""

    file: str = setting("File of the subject, below data_folder.")


class Voxels(Settings):
    """A region, and how many of its voxels decode."""

    voxels: int | None = setting(
        "Voxels that answer to the stimuli most, chosen anew in each fold's training rows; null: "
        "all of the region.",
        None,
        ge=1,
    )
