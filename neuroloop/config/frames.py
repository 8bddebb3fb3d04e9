"""Which frames around a stimulation are used."""

from pydantic import model_validator

from neuroloop.config.settings import Settings, setting


class Frames(Settings):
    """Numbers of frames of each kind around an onset."""

    stimulated: int = setting(
        "Frames from the onset on that count as stimulated; 5 in the study.", 5, ge=1
    )
    skip: int = setting(
        "Of these, how many are left out from the first on: 1 where light of the stimulation "
        "itself is in the frame.",
        0,
        ge=0,
    )
    baseline: int = setting("Frames before the onset whose mean is the trial's baseline.", 3, ge=1)
    control: int = setting("Frames before those.", 2, ge=0)
    settle: float = setting(
        "Time after an onset until its response has decayed; no frame before this is baseline or "
        "control.",
        5.0,
        ge=0,
        unit="s",
    )

    @model_validator(mode="after")
    def _leaves_frames(self) -> "Frames":
        if self.skip >= self.stimulated:
            raise ValueError(
                f"of {self.stimulated} stimulated frames {self.skip} are skipped: at least one "
                "must be left"
            )
        return self
