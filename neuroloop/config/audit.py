"""How a user's own data are audited."""

from neuroloop.config.settings import Settings, setting


class Audit(Settings):
    """Surrogates of the data that are run through the studies: the target `audit`."""

    surrogates: int = setting(
        "Surrogates of each decoder, reader and classifier; 0: none, flags alone.", 20, ge=0
    )
    permutations: int = setting(
        "Permutations of each surrogate's null: 19 are the fewest with which a p reaches 5 %.",
        19,
        ge=19,
    )
    students: bool = setting("Whether students are taught by surrogates too.", False)
