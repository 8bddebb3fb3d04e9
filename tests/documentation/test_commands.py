"""Every command that README and docs show is tested as `commands.RULES` says."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documentation.commands import (
    NONE,
    PROGRAMS,
    RULES,
    Command,
    commands,
    dry_run,
    rule_of,
    shown_by,
)
from tests.documentation.howto import PRESETS_OF, own_project
from tests.documentation.pages import FENCE, Page, pages
from tests.project import ROOT, Project

pytestmark = pytest.mark.workflow

COMMANDS = commands()


def by(*hows: str) -> pytest.MarkDecorator:
    """Parametrise by the commands that are tested in these ways."""
    chosen = [command for command in COMMANDS if rule_of(command.line).how in hows]
    return pytest.mark.parametrize("command", chosen, ids=str)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    """Folders to type commands in: of no data, and with each how-to page's preset."""
    folder = tmp_path_factory.mktemp("typed")
    of_own = {kind: own_project(folder / kind, kind) for kind in PRESETS_OF}
    return {"": Project.make(folder / "bare"), **of_own}


def test_every_command_has_a_rule_and_every_rule_a_command() -> None:
    assert [command for command in COMMANDS if rule_of(command.line) is NONE] == []
    assert {rule_of(command.line) for command in COMMANDS} == set(RULES)
    elsewhere = [rule.how for rule in RULES if rule.how.startswith("tests/")]
    assert all((ROOT / file).is_file() for file in elsewhere)


def test_commands_are_found_wherever_they_stand() -> None:
    text = "`make x` and `make`\n```sh\na --b \\\n  c | d  # e\nf && g 'h | #i'\n```\n"
    text += "```text\nj\n```\n"
    assert shown_by(Page("p.md", text)) == ["a --b c", "f", "g 'h | #i'", "make x"]
    assert rule_of("rm -r results") is NONE


def test_no_command_hides_in_a_block_of_another_kind() -> None:
    every = "".join(page.text for page in pages().values())
    languages = {language for _, language, _ in FENCE.findall(every)}
    assert languages <= {"sh", "python", "yaml", "json", "html", "text", "", "{eval-rst}"}
    others = (block for page in pages().values() for block in page.blocks("text", ""))
    begins = re.compile(rf"^\$? *({'|'.join(PROGRAMS)}) ", re.MULTILINE)
    assert not [block for block in others if begins.search(block)]


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("snakemake -n", ("", ["--cores", "1"], ["all"])),
        ("snakemake --cores 2 --quiet all -- check", ("", ["--cores", "1"], ["check"])),
        (
            "snakemake all --config seed=7 --configfile config/mine.yaml",
            ("brain_data", ["--cores", "1", "--config", "seed=7"], ["all"]),
        ),
        ("snakemake --profile slurm a b --jobs 1", ("", ["--profile", "slurm"], ["a", "b"])),
    ],
)
def test_what_is_asked_of_snakemake(line: str, asked: tuple[str, list[str], list[str]]) -> None:
    assert dry_run(Command(line, "README.md")) == asked


@by("make -n")
def test_make_has_the_target(command: Command) -> None:
    done = subprocess.run(
        ["make", "-n", *shlex.split(command.line)[1:]], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


#: Dry runs by preset and further options, each with the targets of all commands that ask for it.
DRY_RUNS: dict[tuple[str, ...], list[str]] = {}
for _command in COMMANDS:
    if rule_of(_command.line).how == "snakemake -n":
        _preset, _options, _targets = dry_run(_command)
        DRY_RUNS.setdefault((_preset, *_options), []).extend(_targets)


@pytest.mark.parametrize("asked", DRY_RUNS, ids=" ".join)
def test_snakemake_would_run(asked: tuple[str, ...], places: dict[str, Project]) -> None:
    preset, *options = asked
    place = places[preset if preset in places else ""]
    configfile = "config/mine.yaml" if preset in PRESETS_OF else preset
    targets = list(dict.fromkeys(DRY_RUNS[asked]))
    project = Project(place.folder, configfile, place.data)
    said = project.call(*targets, *options, "-n", "--quiet", "rules")
    assert said.status == 0, said.text


@by("run")
def test_what_is_quick_runs(command: Command, places: dict[str, Project], tmp_path: Path) -> None:
    words = shlex.split(command.line)
    folder = places[""].folder
    if words[0] == "python":
        words[0] = sys.executable
    elif not shutil.which(words[0]):
        pytest.skip(f"{words[0]} is not installed")
    else:
        folder = tmp_path
        answers = [
            {"verdict": verdict, "data": "mine", "answer": verdict}
            for verdict in ("shown", "not shown")
        ]
        file = tmp_path / words[-1]
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"answers": answers}))
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if words[0] == "jq":
        assert done.stdout == "mine: shown\n"


@by("--help")
def test_options_are_there(command: Command) -> None:
    module, *words = shlex.split(command.line)[2:]
    said = help_of(module)
    options = {word for word in words if word.startswith("--")}
    assert {option for option in options if not re.search(rf"{option}\b", said)} == set()


_HELP: dict[str, str] = {}


def help_of(module: str) -> str:
    """What a program of this repository says of its options."""
    if module not in _HELP:
        words = [sys.executable, "-m", module, "--help"]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        _HELP[module] = done.stdout
    return _HELP[module]


@by("parsed")
def test_a_command_parses_and_its_files_are_there(command: Command) -> None:
    assert subprocess.run(["sh", "-n", "-c", command.line]).returncode == 0
    files = [word for word in shlex.split(command.line) if re.match(r"(tests|envs|config)/", word)]
    assert all((ROOT / file).exists() for file in files)
