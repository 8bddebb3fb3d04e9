"""The workflow as a module of another: from a folder, from a repository, by snakedeploy."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.installed import build_wheel, environment, plant_older_copy
from tests.project import ROOT, Project, Said

SOFT_LABELS = "results/fmri/tiny/S1/V1/ridge/soft_labels.npy"
TAG = "v0.1.0"
OWNER = "owner/neuroloop"


@dataclass(frozen=True)
class Outer:
    """Folder of a workflow that uses ours, and the environment that it runs in."""

    folder: Path
    python: Path
    variables: dict[str, str]

    def call(self, *arguments: str, module: str = "snakemake") -> Said:
        """Call Snakemake, or another program, in the folder."""
        done = subprocess.run(
            [self.python, "-m", module, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": "", **self.variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        return Said(done.returncode, done.stdout, done.stderr)


def outer_snakefile(snakefile: str, before: str = "", after: str = "") -> str:
    """A Snakefile that uses ours, at a place that an expression says, and all of its rules."""
    return (
        f'configfile: "test.yaml"\n\n\n{before}\nmodule nl:\n    snakefile:\n        {snakefile}\n'
        f"    config:\n        config\n\n\nuse rule * from nl as nl_*\n\n\n{after}\n"
    )


@pytest.fixture
def outer(tmp_path: Path) -> Outer:
    """Folder with the config of the tests alone, in the environment of the tests."""
    folder = tmp_path / "outer"
    folder.mkdir()
    shutil.copy(ROOT / "config/test.yaml", folder / "test.yaml")
    return Outer(folder, Path(sys.executable), {"XDG_CACHE_HOME": str(tmp_path / "cache")})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Bare repository with the project as it is, under a tag."""
    git = ["git", "-c", "user.name=Tests", "-c", "user.email=tests@example.org"]
    tree = Project.make(tmp_path / "tree").folder
    shutil.copy(ROOT / ".snakemake-workflow-catalog.yml", tree)
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "All"]):
        subprocess.run([*git, *command], cwd=tree, check=True)
    subprocess.run([*git, "tag", TAG], cwd=tree, check=True)
    bare = tmp_path / "neuroloop.git"
    subprocess.run(["git", "clone", "-q", "--bare", tree, bare], check=True)
    shutil.rmtree(tree)
    return bare


@pytest.fixture
def hosted(
    outer: Outer, repository: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Outer:
    """The same where github.com has the repository, and its library is installed."""
    settings = tmp_path / "gitconfig"
    settings.write_text(
        f'[url "file://{repository}"]\n    insteadOf = https://github.com/{OWNER}\n'
    )
    python = environment(tmp_path / "venv", build_wheel(tmp_path_factory))
    (outer.folder / "Snakefile").write_text(
        outer_snakefile(f'github("{OWNER}", path="Snakefile", tag="{TAG}")')
    )
    variables = {**outer.variables, "GIT_CONFIG_GLOBAL": str(settings), "GITHUB_TOKEN": ""}
    return Outer(outer.folder, python, variables)


def modules_of_jobs(outer: Outer) -> Iterator[str]:
    """What logs of Snakemake say of a planted copy that a job imported."""
    for path in outer.folder.rglob("*.log"):
        if "older copy" in path.read_text(errors="replace"):
            yield str(path)


def test_from_a_folder(outer: Outer) -> None:
    snakefile = outer_snakefile(f'"{ROOT}/Snakefile"', after='onstart:\n    print("outer begins")')
    (outer.folder / "Snakefile").write_text(snakefile)
    planned = outer.call("nl_all", "-n", "--quiet", "progress")
    assert planned.status == 0, planned.text
    assert "nl_write_report" in planned.text
    said = outer.call(SOFT_LABELS, "--cores", "2")
    assert said.status == 0, said.text
    assert "outer begins" in said.text
    assert "trigger `code` is on" in said.text
    assert (outer.folder / ".neuroloop/lock").is_file()
    assert (outer.folder / SOFT_LABELS).is_file()
    again = outer.call(SOFT_LABELS, "--cores", "2")
    assert "Nothing to be done" in again.text


def test_a_module_keeps_other_runs_out_and_names_missing_input(outer: Outer) -> None:
    (outer.folder / "Snakefile").write_text(outer_snakefile(f'"{ROOT}/Snakefile"'))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(outer.folder)], stdout=subprocess.PIPE, cwd=ROOT
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        refused = outer.call(SOFT_LABELS, "--cores", "1")
    finally:
        holder.kill()
        holder.wait()
    assert refused.status == 1
    assert "another run works in this folder" in refused.text
    shutil.copy(ROOT / "config/haxby.yaml", outer.folder / "test.yaml")
    refused = outer.call("nl_soft_labels", "--cores", "1", "--config", "data_folder=nowhere")
    assert refused.status == 1
    assert "is missing (config, datasets." in refused.text
    assert not (outer.folder / "results").exists()


HOLD = """
import sys, time
from pathlib import Path
from neuroloop.workflow.folder_lock import hold_folder
hold_folder(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


def test_from_a_repository(hosted: Outer) -> None:
    planned = hosted.call("nl_all", "-n", "--quiet", "progress")
    assert planned.status == 0, planned.text
    said = hosted.call(SOFT_LABELS, "--cores", "2")
    assert said.status == 0, said.text
    assert (hosted.folder / SOFT_LABELS).is_file()
    assert "Nothing to be done" in hosted.call(SOFT_LABELS, "--cores", "2").text


def test_a_repository_needs_the_library_of_its_version(hosted: Outer, tmp_path: Path) -> None:
    command = f"pip install 'neuroloop[workflow] @ git+https://github.com/{OWNER}@{TAG}'"
    bare = Outer(hosted.folder, environment(tmp_path / "bare"), hosted.variables)
    refused = bare.call("nl_all", "-n")
    assert refused.status == 1
    assert f"neuroloop is not installed: run {command}" in refused.text
    plant_older_copy(bare.python)
    refused = bare.call("nl_all", "-n")
    assert refused.status == 1
    assert "neuroloop 0.0.1 is installed" in refused.text
    assert f"these rules need 0.1.0: run {command}" in refused.text


def test_the_hash_follows_the_installed_library(hosted: Outer) -> None:
    assert hosted.call(SOFT_LABELS, "--cores", "2").status == 0
    (module,) = hosted.python.parents[1].glob("lib/python*/site-packages/neuroloop/fmri/ridge.py")
    module.write_text(module.read_text() + "\nEDITED = True\n")
    planned = hosted.call(SOFT_LABELS, "-n", "--rerun-triggers", "params", "--quiet", "progress")
    assert "nl_decode_linear" in planned.text
    assert "nl_simulate_subject" not in planned.text


def test_a_checkout_runs_its_own_library(tmp_path: Path) -> None:
    python = environment(tmp_path / "venv")
    plant_older_copy(python)
    project = Project.make(tmp_path / "project")
    checkout = Outer(project.folder, python, {})
    said = checkout.call(
        "results/fmri/tiny/stimuli.tsv", "--cores", "1", "--configfile", "config/test.yaml"
    )
    assert said.status == 0, said.text
    assert not list(modules_of_jobs(checkout))
    project.edit("neuroloop/fmri/simulate.py", "\n\n\n", "\n\n\nEDITED = True\n\n\n")
    planned = checkout.call(
        "results/fmri/tiny/stimuli.tsv", "-n", "--configfile", "config/test.yaml"
    )
    assert "draw_stimuli" in planned.text


@pytest.mark.skipif(
    not importlib.util.find_spec("snakedeploy"), reason="snakedeploy is not installed"
)
@pytest.mark.parametrize("where", [("--tag", TAG), ("--branch", "main")])
def test_snakedeploy(hosted: Outer, where: tuple[str, str]) -> None:
    address = f"https://github.com/{OWNER}"
    deployed = hosted.call("deploy-workflow", address, "here", *where, module="snakedeploy.client")
    assert deployed.status == 0, deployed.text
    inside = Outer(hosted.folder / "here", hosted.python, hosted.variables)
    assert (inside.folder / "config/config.yaml").is_file()
    assert (inside.folder / "profiles/default/config.yaml").is_file()
    planned = inside.call("all", "-n", "--quiet", "progress")
    assert planned.status == 0, planned.text
    said = inside.call(SOFT_LABELS, "--cores", "2", "--configfile", "config/test.yaml")
    assert said.status == 0, said.text
    assert "trigger `code`" not in said.text
    assert (inside.folder / SOFT_LABELS).is_file()
