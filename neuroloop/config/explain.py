"""What networks are looked into, by which methods."""

from typing import Any

from neuroloop.config.names import Name, SomeTexts
from neuroloop.config.settings import Settings, setting


class Shared(Settings):
    """What all methods share."""

    images: int = setting("Images that are explained and drawn.", 12, ge=1)
    sanity_images: int = setting("Images on which each attribution method is tested.", 8, ge=2)
    layer_groups: int = setting(
        "Groups of layers whose weights are drawn anew, one after the other.", 8, ge=1
    )
    curve_steps: int = setting("Steps of deletion and insertion.", 10, ge=2)
    random_orders: int = setting(
        "Random orders of pixels that deletion and insertion are compared with.", 2, ge=1
    )
    randomisation_megapixels: float = setting(
        "Of images that go through a network while its weights are drawn anew, at most: where a "
        "map takes many passes, layers are drawn anew in fewer groups.",
        10.0,
        gt=0,
        unit="megapixels",
    )
    batch: int = setting("Images that go through a network at once.", 16, ge=1)
    label_images: int = setting(
        "Most images whose permuted labels a network learns, for the test by labels.", 64, ge=2
    )


class Explain(Settings):
    """Looking inside networks: the target `explain`."""

    models: dict[Name, str] = setting(
        "Name and model.json of each network: one of this config's results (every training writes "
        "one), or your own below data_folder.",
        {},
    )
    methods: SomeTexts = setting("What is done with each network.")
    settings: Shared = setting("What all methods share.", Shared())
    options: Any = setting("Settings of each method, by its name.", {})
