"""SLURM's commands: what they say, and what becomes of a silence."""

import getpass
import re
import subprocess
from typing import NamedTuple

#: Seconds that a command of SLURM may take.
PATIENCE = 30

#: Where a site is described.
PROFILE = "profiles/slurm/config.yaml"

#: What only says who speaks, and what is the same of every refusal.
SPEAKER = re.compile(
    r"^(sbatch: |error: )+|^allocation failure: |^Batch job submission failed: ", re.MULTILINE
)


class ClusterError(Exception):
    """The cluster cannot do what is asked; the message is one line that says what to do."""


class Said(NamedTuple):
    """What a command left: its exit code, standard output and standard error."""

    status: int
    out: str
    err: str


def say(*command: str) -> Said:
    """Call a command of SLURM, which may refuse.

    Raises
    ------
    ClusterError
        If it is not there, or does not answer in time.
    """
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except FileNotFoundError:
        raise ClusterError(
            f"{command[0]} is not here: type this on a login node of the cluster, or leave "
            "--profile slurm out"
        ) from None
    except subprocess.TimeoutExpired:
        raise unreachable(command[0], f"no answer in {PATIENCE} s") from None
    return Said(done.returncode, done.stdout, done.stderr)


def ask(*command: str) -> str:
    """Standard output of a command of SLURM.

    Raises
    ------
    ClusterError
        If it is not there, fails or does not answer in time.
    """
    said = say(*command)
    if said.status:
        raise unreachable(command[0], " ".join(said.err.split()))
    return said.out


def unreachable(command: str, problem: str) -> ClusterError:
    """What is said of a cluster that does not answer."""
    return ClusterError(
        f"SLURM's controller cannot be reached ({command}: {problem}): try again when "
        "`scontrol ping` says that it is up"
    )


def settings_of_cluster() -> dict[str, str]:
    """What slurm.conf states, as the controller knows it."""
    pairs = (line.partition("=") for line in ask("scontrol", "show", "config").splitlines())
    return {key.strip(): text.strip() for key, _, text in pairs}


def user() -> str:
    """Whose jobs these are."""
    return getpass.getuser()


def in_one_line(words: str) -> str:
    """What sbatch says when it refuses, without what it says of every refusal.

    Examples
    --------
    >>> in_one_line("sbatch: error: QOSMaxWall\\nsbatch: error: Batch job submission failed: No")
    'QOSMaxWall; No'
    """
    lines = [" ".join(SPEAKER.sub("", line).split()) for line in words.splitlines()]
    lines = [SPEAKER.sub("", line) for line in lines]
    return "; ".join(dict.fromkeys(line for line in lines if line)) or "no reason given"
