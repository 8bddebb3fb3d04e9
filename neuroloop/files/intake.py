"""What was read of a data set: its files, what was recognised in them, what is left out and why.

Whoever reads data from outside adds to an `Intake`, and the job saves it as ``intake.json`` beside
what it makes. No later job but those that write pages depends on it.
"""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from neuroloop.files.atomic import StrPath
from neuroloop.files.data_link import as_configured
from neuroloop.files.door import outside
from neuroloop.files.json_files import read_json, save_json

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadFile:
    """A file that was read whole: its path, size in bytes, and SHA-256."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Dropped:
    """Things of one kind that are not used, how many, and why.

    Attributes
    ----------
    what : str
        In the plural where there can be several: ``"rows of trial_type response in run-1"``.
    count : int
    reason : str
        As a clause: ``"the config drops them"``.
    """

    what: str
    count: int
    reason: str


@dataclass
class Intake:
    """What was read of a data set.

    Files below the data folder have their paths below it, wherever that lies.

    Attributes
    ----------
    files : list of ReadFile
        Those that were read whole.
    recognised : list of str
        What was read off the files and not stated by the config, a sentence each.
    dropped : list of Dropped
    warnings : list of str
        What a reader of the results has to know, a sentence each. They stand in the report too.
    """

    files: list[ReadFile] = field(default_factory=list)
    recognised: list[str] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def read(self, *paths: StrPath) -> None:
        """Add files that are read whole; one that is there already is not hashed again."""
        known = {each.file for each in self.files}
        for path in dict.fromkeys(map(str, paths)):
            if as_configured(path) in known:
                continue
            with outside(path, "a file that is read whole"), Path(path).open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            self.files.append(ReadFile(as_configured(path), Path(path).stat().st_size, digest))

    def recognise(self, sentence: str) -> None:
        """Add what was recognised; a sentence that is there already is not repeated."""
        if (sentence := as_configured(sentence)) not in self.recognised:
            self.recognised.append(sentence)

    def drop(self, what: str, reason: str, count: int = 1) -> None:
        """Add what is left out, if it is anything at all."""
        if count:
            log.info("%d %s left out: %s", count, what, reason)
            self.dropped.append(Dropped(as_configured(what), count, as_configured(reason)))

    def warn(self, sentence: str) -> None:
        """Add a warning; it is logged too, and not repeated."""
        if (sentence := as_configured(sentence)) not in self.warnings:
            log.warning("%s", sentence)
            self.warnings.append(sentence)

    def save(self, path: StrPath) -> None:
        """Write it as JSON."""
        save_json(path, asdict(self))


def read_intake(path: StrPath) -> Intake:
    """Read what `Intake.save` wrote."""
    facts = read_json(path)
    with outside(path, "what was read of a data set", "delete it and run again"):
        intake = Intake(
            [ReadFile(**each) for each in facts["files"]],
            list(facts["recognised"]),
            [Dropped(**each) for each in facts["dropped"]],
            list(facts["warnings"]),
        )
        texts = [*intake.recognised, *intake.warnings, *(each.file for each in intake.files)]
        texts += [text for each in intake.dropped for text in (each.what, each.reason)]
        counts = [each.bytes for each in intake.files] + [each.count for each in intake.dropped]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a sentence in it is no text")
        if not all(isinstance(count, int) and count >= 0 for count in counts):
            raise ValueError("a count in it is no whole number")
        return intake


def joined(intakes: Iterable[Intake]) -> Intake:
    """Join what several jobs read of one data set; no file or sentence is repeated."""
    whole = Intake()
    for each in intakes:
        whole.files += [file for file in each.files if file not in whole.files]
        whole.dropped += each.dropped
        for sentence in each.recognised:
            whole.recognise(sentence)
        whole.warnings += [text for text in each.warnings if text not in whole.warnings]
    return whole
