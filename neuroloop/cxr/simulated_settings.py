"""Settings of simulated chest radiographs, and their classes."""

from neuroloop.config.settings import Settings, setting

CLASSES = ("bacteria", "normal", "virus")


class Simulation(Settings):
    """What a config says of simulated radiographs."""

    radiographs_per_class: int = setting("Radiographs of each class.", 40, ge=1)
    max_radiographs_per_patient: int = setting(
        "A patient has 1 to this many radiographs of a class, each number as likely.", 3, ge=1
    )
    shared: float = setting(
        "Part of the patients with bacterial radiographs who have viral radiographs too.",
        0.1,
        ge=0,
        le=1,
    )
    contrast: float = setting("Strength of opacities; 0 makes the classes alike.", 1.0, ge=0)
    severity_spread: float = setting(
        "Relative standard deviation of that strength from radiograph to radiograph.", 0.4, ge=0
    )
    noise: float = setting("Standard deviation of grain, of a grey level from 0 to 1.", 0.012, ge=0)
    exposure: float = setting(
        "Standard deviation of the logarithm of the radiograph's gamma.", 0.15, ge=0
    )
    rotation: float = setting(
        "Standard deviation of the turn of the body.", 3.0, ge=0, unit="degrees"
    )
    pose: float = setting(
        "Standard deviation of shifts (in half sides), of the logarithm of the body's size, and of "
        "breath.",
        0.03,
        ge=0,
    )
    sites: int = setting(
        "Sites: each has patients of its own, and a detector of its own exposure and grain.",
        1,
        ge=1,
    )
    shortcut: float = setting(
        "Probability that the side marker is where the class has it, and not anywhere.",
        0.0,
        ge=0,
        le=1,
    )


class RadiographSettings(Simulation):
    """Settings of simulated radiographs, their size included."""

    size: int = setting("Side of a radiograph.", 128, ge=1, unit="pixels")
