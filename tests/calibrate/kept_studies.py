"""Studies that were counted, kept in files that only grow, so that a run goes on where it was cut.

One file a claim, a line a batch, which says the hash of the code that made it. A line that a kill
cut short is no JSON and is left out.
"""

import json
from pathlib import Path

from tests.calibrate.claim import Claim, Outcome
from tests.calibrate.study_code import study_hash


class KeptStudies:
    """The studies of one claim under its code as it stands.

    Parameters
    ----------
    folder : Path
        Made when the first batch is kept.
    claim : Claim
    """

    def __init__(self, folder: Path, claim: Claim) -> None:
        self.file = folder / f"{claim.name}.jsonl"
        self.code = study_hash(claim)
        self.outcomes: dict[int, Outcome] = {}
        self.seconds = 0.0
        for line in self.file.read_text().splitlines() if self.file.is_file() else []:
            try:
                batch = json.loads(line)
            except ValueError:
                continue
            if batch["code"] == self.code:
                self._take(batch["numbers"], batch["outcomes"], batch["seconds"])

    def keep(self, numbers: list[int], outcomes: list[Outcome], seconds: float) -> None:
        """Add a batch to the file, and to what is known.

        Parameters
        ----------
        numbers : list of int
            Of the studies.
        outcomes : list
            Of each.
        seconds : float
            That the batch took on one core.
        """
        batch = {"code": self.code, "seconds": round(seconds, 4), "numbers": numbers}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a+b") as stream:
            # A line that was cut short must not swallow this one.
            torn = stream.tell() and not self.file.read_bytes().endswith(b"\n")
            line = json.dumps(batch | {"outcomes": outcomes})
            stream.write((b"\n" if torn else b"") + line.encode() + b"\n")
        self._take(numbers, outcomes, seconds)

    def _take(self, numbers: list[int], outcomes: list[Outcome], seconds: float) -> None:
        for number, outcome in zip(numbers, outcomes, strict=True):
            self.outcomes[number] = tuple(outcome) if isinstance(outcome, list) else outcome
        self.seconds += seconds
