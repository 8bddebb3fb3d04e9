"""Which column of a BData file says what: named by the config, or by the usual names."""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath
from neuroloop.files.intake import Intake

#: Usual names of each column, the first that a file has.
USUAL = {
    "data_type": ("DataType",),
    "session": ("Session",),
    "run": ("Run",),
    "block": ("Block",),
    "label": ("Label",),
    "stimulus": ("stimulus_id", "stimulus_name"),
}

#: All of them.
CANDIDATES = tuple(name for names in USUAL.values() for name in names)


@dataclass(frozen=True)
class Columns:
    """Names of the columns, None for the usual ones.

    Attributes
    ----------
    data_type : str or None
        Training, perception test or imagery.
    session : str or None
        Visit to the scanner, in which runs are counted.
    run, block : str or None
    label : str or None
        Category.
    stimulus : str or None
        Image; the column of categories says that images are unknown.
    """

    data_type: str | None = None
    session: str | None = None
    run: str | None = None
    block: str | None = None
    label: str | None = None
    stimulus: str | None = None

    def stated(self) -> list[str]:
        """Names that are not the usual ones."""
        return [name for name in asdict(self).values() if name]

    def found(self, there: Collection[str], origin: StrPath) -> dict[str, str | None]:
        """Find each column in a file.

        Parameters
        ----------
        there : collection of str
            Columns of the file.
        origin : path
            The file, for messages.

        Returns
        -------
        dict of str to str or None
            Name of each column, None where the file has none.

        Raises
        ------
        NeuroLoopError
            If it lacks one that the config names, or the run, or both label and stimulus.
        """
        chosen: dict[str, str | None] = {}
        for what, stated in asdict(self).items():
            if stated and stated not in there:
                raise NeuroLoopError(
                    f"{origin} lacks the column {stated} (bdata.columns.{what}), or has it several "
                    f"times: it has {', '.join(sorted(there))}"
                )
            usual = (name for name in USUAL[what] if name in there)
            chosen[what] = stated or next(usual, None)
        if not chosen["run"]:
            raise NeuroLoopError(
                f"{origin} lacks the column Run: it has {', '.join(sorted(there))}; name it under "
                "bdata.columns"
            )
        if not chosen["stimulus"] and not chosen["label"]:
            raise NeuroLoopError(
                f"{origin} lacks the column stimulus_id or Label: it has "
                f"{', '.join(sorted(there))}; name one under bdata.columns"
            )
        return chosen


def tell(intake: Intake | None, sentence: str) -> None:
    """Add what was recognised, if anybody listens."""
    if intake is not None:
        intake.recognise(sentence)
