"""The commands that README and docs show, and how each is tested.

A command is a line of a fenced block of a shell, or code in a line of text that begins with a
program. Of the rules below the first whose pattern matches says how it is tested; a command that
none matches fails its test, and so does a rule that no command needs any more.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath

from tests.documentation.pages import Page, pages

#: What a command in a line of text begins with; a name alone is no command.
PROGRAMS = ("make", "snakemake", "python", "pip", "conda", "git", "snakedeploy", "jq", "squeue")


@dataclass(frozen=True)
class Command:
    """A command, and the page that shows it.

    Attributes
    ----------
    line : str
        Without its comment.
    page : str
        The first page that shows it; of commands on a preset of one's own, each how-to page.
    """

    line: str
    page: str

    def __str__(self) -> str:
        return f"{PurePosixPath(self.page).stem}: {self.line}"


@dataclass(frozen=True)
class Rule:
    """How commands of a pattern are tested.

    Attributes
    ----------
    pattern : str
        Matches the whole command.
    how : str
        ``run``, ``dry run``, ``parsed``, or the test that runs it.
    why : str
        What is looked at, or why no more is.
    """

    pattern: str
    how: str
    why: str


#: What is not run as it stands needs minutes, a network, a cluster or what only a user has.
RULES = (
    Rule(r"make .+", "make -n", "the target is there; running it takes minutes"),
    Rule(r"snakemake .*--profile slurm.*", "snakemake -n", "needs a cluster: tests/slurm has one"),
    Rule(
        r"snakemake .*--profile profiles/lsf.*|pip install snakemake-executor-plugin-lsf",
        "tests/workflow/test_profiles.py",
        "needs a plugin that is not in the lock; with it, a dry run",
    ),
    Rule(
        r"snakemake .*config/mine\.yaml.*",
        "snakemake -n",
        "on small data of the kind that the page is about; the long form runs `check` on them",
    ),
    Rule(r"snakemake( .+)?", "snakemake -n", "the whole workflow is run by tests/workflow"),
    Rule(r"python -m neuroloop\.config", "run", "writes what is there already"),
    Rule(
        r"python -m neuroloop\.contracts \w+\.py",
        "tests/unit/contracts/test_recipes.py",
        "run there on every recipe",
    ),
    Rule(r"python -m tests\.[\w.]+( .+)?", "--help", "its options are there; it takes minutes"),
    Rule(r"python tests/bench/gpu\.py .+", "tests/bench/test_gpu.py", "its small form runs there"),
    Rule(r"python -m pytest .+", "parsed", "the folder of tests is there; they run by themselves"),
    Rule(r"pip install \.", "tests/workflow/test_package.py", "the package is built and installed"),
    Rule(r"pip install .*git\+ADDRESS@TAG.*", "parsed", "needs a network and an address"),
    Rule(r"conda env create -f .+", "parsed", "needs a network; the file is there"),
    Rule(r"snakedeploy .+", "tests/workflow/test_module.py", "needs a network; deployed there"),
    Rule(r"git .+", "parsed", "git's own"),
    Rule(r"jq .+", "run", "where jq is installed, on a summary of the documented form"),
    Rule(r"squeue .+", "parsed", "needs a cluster"),
    Rule(r"apptainer build .+|sbatch .+", "parsed", "needs Apptainer and a cluster"),
    Rule(r"tail -f logs/.+", "parsed", "its script is there"),
    Rule(r"\. \.venv/bin/activate|export NEUROLOOP_DATA=\S+", "parsed", "changes the shell alone"),
)


#: What stands for a rule that is not there.
NONE = Rule("", "no rule of tests/documentation/commands.py says how to test it", "")


def rule_of(command: str) -> Rule:
    """The first rule that matches a command, or `NONE`."""
    return next((rule for rule in RULES if re.fullmatch(rule.pattern, command)), NONE)


def commands() -> list[Command]:
    """Every command of every page, each once."""
    found: dict[tuple[str, str], Command] = {}
    for page in pages().values():
        if page.path == "CHANGELOG.md":
            continue  # says what was
        for line in shown_by(page):
            own = page.path if "config/mine.yaml" in line and "howto" in page.path else ""
            found.setdefault((line, own), Command(line, page.path))
    return list(found.values())


def dry_run(command: Command) -> tuple[str, list[str], list[str]]:
    """What a command of Snakemake asks for.

    Returns
    -------
    preset : str
        Its config file; of one's own the kind of the page, which is brain data where another page
        speaks of all kinds.
    options : list of str
        Cores, or the profile, which says how many jobs; values of the config.
    targets : list of str
    """
    words = shlex.split(command.line.replace("NAME", "student"))[1:]
    names = ("--cores", "--jobs", "--profile", "--configfile", "--set-resources")
    taken = dict.fromkeys(names, "")
    targets, values = [], []
    while words:
        word = words.pop(0)
        if word in taken:
            taken[word] = words.pop(0)
        elif word == "--config":
            while words and "=" in words[0]:
                values.append(words.pop(0))
        elif word == "--quiet":
            while words and not words[0].startswith("-"):
                words.pop(0)
        elif word not in ("-n", "--"):
            targets.append(word)
    preset = taken["--configfile"]
    if preset == "config/mine.yaml":
        page = PurePosixPath(command.page)
        preset = page.stem if page.parent.name == "howto" else "brain_data"
    profile = taken["--profile"]
    options = ["--profile", profile] if profile else ["--cores", "1"]
    options += ["--config", *values] if values else []
    return preset, options, targets or ["all"]


def shown_by(page: Page) -> list[str]:
    """Commands of a page."""
    lines = [line for block in page.blocks("sh") for line in joined(block)]
    lines += [code for code in page.code() if re.match(rf"({'|'.join(PROGRAMS)}) ", code)]
    return [shlex.join(part) for line in lines for part in parts(line)]


def joined(block: str) -> list[str]:
    """Lines of a block, those that go on made one."""
    return re.sub(r"\\\n\s*", "", block).splitlines()


def parts(line: str) -> list[list[str]]:
    """Words of each command of a line, without what its output is piped into."""
    words = shlex.split(line, comments=True)
    found: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            break
        if word in ("&&", ";"):
            found.append([])
        else:
            found[-1].append(word)
    return [part for part in found if part]
