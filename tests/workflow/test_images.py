"""Recipes of container images: what they copy exists, and both install the lock by one script."""

import re
import subprocess

from tests.project import ROOT

BASE = "debian:bookworm-slim"
SCRIPT = "/opt/envs/install_image.sh"


def instructions() -> list[tuple[str, str]]:
    """Instructions of the Dockerfile and their arguments."""
    text = (ROOT / "envs/Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def sections() -> dict[str, list[str]]:
    """Lines of the Apptainer definition by section; its header's is empty."""
    found: dict[str, list[str]] = {"": []}
    name = ""
    for line in (ROOT / "envs/apptainer.def").read_text().splitlines():
        if line.startswith("%"):
            name = line[1:]
            found[name] = []
        elif line.strip() and not line.startswith("#"):
            found[name].append(line.strip())
    return found


def test_the_dockerfile_copies_the_lock_and_installs_it() -> None:
    known = {"FROM", "ARG", "COPY", "RUN", "ENV", "WORKDIR", "CMD"}
    told = instructions()
    assert {word for word, _ in told} <= known
    assert told[0] == ("FROM", BASE)
    copied = [rest.split() for word, rest in told if word == "COPY"]
    for *files, target in copied:
        assert target == "/opt/envs/"
        assert all((ROOT / file).is_file() for file in files)
    assert any(word == "RUN" and SCRIPT in rest for word, rest in told)
    assert ("ENV", "PATH=/opt/neuroloop/bin:$PATH") in told


def test_the_definition_for_apptainer_does_the_same() -> None:
    told = sections()
    assert told[""] == ["Bootstrap: docker", f"From: {BASE}"]
    assert set(told) == {"", "files", "post", "environment", "runscript"}
    pairs = dict(line.split() for line in told["files"])
    assert set(pairs.values()) == {"/opt/envs/requirements.lock", SCRIPT}
    assert all((ROOT / file).is_file() for file in pairs)
    assert told["post"] == [f"sh {SCRIPT}"]
    assert told["environment"] == ["export PATH=/opt/neuroloop/bin:$PATH"]


def test_their_script_installs_python_311_and_every_pin() -> None:
    path = ROOT / "envs/install_image.sh"
    subprocess.run(["sh", "-n", str(path)], check=True)
    text = path.read_text()
    assert re.search(r"^python3\.11 -m venv /opt/neuroloop$", text, re.MULTILINE)
    assert text.count("requirements.lock") == 2
    assert "$pip check" in text
