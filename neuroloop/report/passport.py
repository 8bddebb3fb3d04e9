"""The passport of a data set: what was read of it, shown before anything is computed.

Each data set has a JSON file, and beside it a folder of figures; ``results/check/index.html`` shows
them all. Whoever draws one fills in a `Passport`.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.files.formats import StrPath, read_json, save_json
from neuroloop.files.intake import Dropped, Intake, ReadFile
from neuroloop.report.figures import save

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Kinds of data sets, in the order of the page, and their titles.
KINDS = {
    "datasets": "Brain data",
    "areas": "Calcium imaging",
    "radiographs": "Chest X-rays",
    "explain": "Networks to look into",
}

#: Where the page stands that shows all passports.
PAGE = "results/check/index.html"


@dataclass(frozen=True)
class Picture:
    """A figure: its PNG file relative to the passport, and what it shows.

    Attributes
    ----------
    file, title : str
    caption : str
        What is to be seen, what would be wrong, a sentence or two.
    """

    file: str
    title: str
    caption: str


@dataclass(frozen=True)
class Table:
    """A table of counts or numbers.

    Attributes
    ----------
    title : str
    columns : list of str
    rows : list of list
        Text and numbers; decimal numbers are rounded where they are shown.
    """

    title: str
    columns: list[str]
    rows: list[list[Any]]


@dataclass
class Passport:
    """What is known of one data set.

    Attributes
    ----------
    name : str
        As the config names it.
    kind : str
        One of `KINDS`.
    line : str
        Its content in one line, without its name: ``"1 subject, 12 runs, 8 categories"``.
    intake : Intake
        Files that were read whole, what was recognised and dropped, warnings.
    pictures : list of Picture
    tables : list of Table
    """

    name: str
    kind: str
    line: str
    intake: Intake = field(default_factory=Intake)
    pictures: list[Picture] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    def draw(self, figure: "Figure", folder: StrPath, stem: str, title: str, caption: str) -> None:
        """Save a figure in the passport's folder and show it.

        Parameters
        ----------
        figure : Figure
        folder : path
            Of figures, beside the passport.
        stem : str
            Name of its file.
        title, caption : str
            See `Picture`.
        """
        path = Path(folder) / f"{stem}.png"
        save(figure, path)
        self.pictures.append(Picture(f"{path.parent.name}/{path.name}", title, caption))

    def tabulate(self, title: str, table: "pd.DataFrame") -> None:
        """Show a table."""
        rows = [list(row) for row in table.itertuples(index=False, name=None)]
        self.tables.append(Table(title, [str(name) for name in table.columns], rows))

    def save(self, path: StrPath, **facts: Any) -> None:
        """Write it as JSON, with further facts under keys of their own."""
        own = {
            "name": self.name,
            "kind": self.kind,
            "line": self.line,
            **asdict(self.intake),
            "figures": [asdict(picture) for picture in self.pictures],
            "tables": [asdict(table) for table in self.tables],
        }
        save_json(path, {**facts, **own})


def read_passport(path: StrPath) -> Passport:
    """Read what `Passport.save` wrote, but for its further facts."""
    facts = read_json(path)
    intake = Intake(
        [ReadFile(**each) for each in facts["files"]],
        facts["recognised"],
        [Dropped(**each) for each in facts["dropped"]],
        facts["warnings"],
    )
    return Passport(
        facts["name"],
        facts["kind"],
        facts["line"],
        intake,
        [Picture(**each) for each in facts["figures"]],
        [Table(**each) for each in facts["tables"]],
    )


def terminal_lines(paths: Iterable[StrPath]) -> list[str]:
    """A line a data set, with the number of its warnings.

    Parameters
    ----------
    paths : iterable of path
        Passports; those that are missing are passed over.
    """
    passports = [read_passport(path) for path in paths if Path(path).is_file()]
    lines = []
    for passport in passports:
        count = len(passport.intake.warnings)
        told = f"; {counted(count, 'warning')}, see {PAGE}" if count else ""
        lines.append(f"{passport.name}: {passport.line}{told}")
    return lines


def counted(count: int, what: str, many: str | None = None) -> str:
    """A number and what is counted: ``"1 run"``, ``"12 runs"``, ``"1,200 stimuli"``."""
    return f"{count:,} {what if count == 1 else many or what + 's'}"
