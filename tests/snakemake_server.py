"""Snakemake without the second that its imports take: a process that has them forks for each call.

A fork has the folder, the environment, the arguments and the streams of a call of its own, and
imports the rules' Python from that folder: nothing of the project is loaded before.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

#: What a call imports beside Snakemake's own command line.
ALSO = (
    "PIL.Image",
    "docutils.core",
    "jinja2",
    "jsonschema",
    "pydantic",
    "requests",
    "scipy.sparse.csgraph",
    "snakemake.report",
)

#: Seconds after which a call of Snakemake is taken to hang.
TIMEOUT = 900


class SnakemakeServer:
    """The client's side of such a process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._end)

    def _end(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def call(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> tuple[int, str, str]:
        """Call Snakemake in a folder, and return its status, output and error."""
        with tempfile.TemporaryDirectory() as streams:
            out, err = Path(streams, "out"), Path(streams, "err")
            given = [*arguments], str(folder), dict(environment), str(out), str(err)
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.write(json.dumps(given) + "\n")
            self._process.stdin.flush()
            status = self._process.stdout.readline()
            assert status, "the process that forks for each call of Snakemake is gone"
            assert int(status) != -signal.SIGALRM, f"Snakemake hangs: {arguments}"
            return int(status), out.read_text(), err.read_text()


@cache
def snakemake_server() -> SnakemakeServer:
    """The one of this process, which it does not outlive."""
    return SnakemakeServer()


def _become(
    arguments: list[str], folder: str, environment: dict[str, str], out: str, err: str
) -> None:
    """Make a fork what ``python -m snakemake`` is."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    flags = os.O_WRONLY | os.O_CREAT
    for number, (path, how) in enumerate(((os.devnull, os.O_RDONLY), (out, flags), (err, flags))):
        opened = os.open(path, how, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.path.insert(0, folder)
    sys.argv = ["snakemake", *arguments]
    sys.orig_argv = [sys.executable, "-m", "snakemake", *arguments]  # a run may start over
    signal.alarm(TIMEOUT)


def _serve() -> None:
    from snakemake.cli import main

    for name in ALSO:
        import_module(name)
    loaded = {name.partition(".")[0] for name in sys.modules}
    assert not loaded & {"neuroloop", "scripts", "tests"}
    for line in sys.stdin:
        fork = os.fork()
        if not fork:
            _become(*json.loads(line))
            main()
            return
        _, status = os.waitpid(fork, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    _serve()
