"""The tally of all trials: a file that only grows, and the table that docs/reliability.md shows."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from neuroloop.files.atomic import atomic
from tests.chaos.trials import Trial

#: Between these stands the table.
BEGIN, END = "<!-- make chaos: begin -->", "<!-- make chaos: end -->"

#: What each kind of place is called in the table.
PLACES = {"local": "one machine", "slurm": "SLURM"}


class Tally:
    """Trials that were made, a line each; one that a kill cut short is no JSON and is left out.

    Parameters
    ----------
    file : Path
        Made with the first trial.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.trials: list[tuple[str, Trial]] = []
        for line in file.read_text().splitlines() if file.is_file() else []:
            try:
                kept = json.loads(line)
            except ValueError:
                continue
            self.trials.append((kept.pop("place"), Trial(**kept)))

    def keep(self, place: str, trial: Trial) -> None:
        """Add a trial."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        torn = self.file.is_file() and not self.file.read_bytes().endswith(b"\n")
        with self.file.open("a") as stream:
            stream.write(("\n" if torn else "") + json.dumps({"place": place, **asdict(trial)}))
            stream.write("\n")
        self.trials.append((place, trial))

    def count(self, place: str, full: bool = False) -> int:
        """Blows at a place: of full disks, or all others."""
        blows = (blow for where, trial in self.trials for blow in trial.blows if where == place)
        return sum((blow == "full disk") == full for blow in blows)

    def faults(self) -> list[str]:
        """What was wrong."""
        return [trial.fault for _, trial in self.trials if trial.fault]

    def table(self) -> str:
        """Markdown: a row for each place and kind of blow."""
        blows: Counter[tuple[str, str]] = Counter()
        wrong: Counter[tuple[str, str]] = Counter()
        for place, trial in self.trials:
            blows.update((place, blow) for blow in trial.blows)
            wrong.update((place, blow) for blow in set(trial.blows) if trial.fault)
        lines = ["| where | what | blows | in trials with a fault |", "|---|---|---|---|"]
        lines += [
            f"| {PLACES[place]} | {blow} | {count} | {wrong[place, blow]} |"
            for (place, blow), count in sorted(blows.items())
        ]
        trials = f"{len(self.trials)} trials, {sum(blows.values())} blows"
        faults = f"{len(self.faults())} with a fault"
        return "\n".join([*lines, "", f"{trials}; {faults}.", ""])

    def write(self, page: Path) -> None:
        """Put the table between the marks of a page."""
        text = page.read_text(encoding="utf-8")
        if text.count(BEGIN) != 1 or text.count(END) != 1:
            raise SystemExit(f"{page} lacks the marks of its table: {BEGIN} and {END}")
        before, after = text.split(BEGIN)[0], text.split(END)[1]
        with atomic(page) as made:
            made.write_text(f"{before}{BEGIN}\n\n{self.table()}\n{END}{after}", encoding="utf-8")
