"""The frame of every job: log, threads, errors in one line, and a record of the run."""

import logging
import os
import platform
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from neuroloop.errors import NeuroLoopError
from neuroloop.files.atomic import WRITTEN
from neuroloop.files.data_link import as_it_lies
from neuroloop.files.disk_space import disk_full, ran_full
from neuroloop.files.formats import StrPath, save_json
from neuroloop.files.hashes import file_hash
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.freed_memory import keep_freed_memory

#: Environment variables that fix the number of threads of numeric libraries when they load.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)

#: Folder of what jobs keep for later ones, beside the results.
KEPT = ".neuroloop"


@contextmanager
def job(
    log: StrPath, run: StrPath, threads: int, execution: Execution | None = None
) -> Iterator[dict[str, Any]]:
    """Run a job's work inside this context.

    Messages and warnings go to the log file. A `NeuroLoopError` ends the process with one line on
    standard error and in the log; any other exception leaves its traceback in the log and one line
    on standard error.

    Parameters
    ----------
    log : path
        Log file, overwritten.
    run : path
        File for the record of the run (host, devices, times, peak memory, hashes of what was
        written), which differs from run to run and so is left out of every comparison. Of its
        ``cpu_seconds`` the first ``start_cpu_seconds`` went before this context: Python's start and
        what the script imports at its top.
    threads : int
        Threads of torch, BLAS and OpenMP. Sums depend on it, so it comes from the config.
    execution : Execution, optional
        Of a job with networks: how they are computed. It is recorded too.

    Yields
    ------
    dict
        Further facts for the record, e.g. the device.
    """
    facts: dict[str, Any] = {"start_cpu_seconds": _cpu_seconds()}
    WRITTEN.clear()
    try:
        _begin_log(Path(log))
        started = time.time()
        if "torch" in sys.modules:
            keep_freed_memory()
        with numeric_threads(threads), execution.used() if execution else nullcontext():
            yield facts
        how = asdict(execution) if execution else {}
        _record(run, started, {"threads": threads, **how, **facts})
    except NeuroLoopError as error:
        _end(str(error))
    except Exception as error:
        if ran_full(error):
            _end(str(disk_full(Path(getattr(error, "filename", None) or log))))
        logging.exception("unexpected error")
        reason = as_it_lies(" ".join(str(error).split()))
        print(f"Error: {type(error).__name__}: {reason} (details: {log})", file=sys.stderr)
        sys.exit(1)


def _begin_log(log: Path) -> None:
    """Send messages and warnings to a file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(log, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a log without room would print a traceback for every line


def _end(message: str) -> NoReturn:
    """End the process with one line."""
    message = as_it_lies(" ".join(message.splitlines()))
    logging.error("%s", message)
    print(f"Error: {message}", file=sys.stderr)
    sys.exit(1)


def _record(run: StrPath, started: float, facts: Mapping[str, Any]) -> None:
    """Save the record of the run, with a hash of each file that was written."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    record = {
        "host": platform.node(),
        **placement(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(started)),
        "seconds": round(time.time() - started, 3),
        "cpu_seconds": _cpu_seconds(),
        "peak_memory_mb": round(memory / 1024, 1),
        **facts,
        "sha256": {str(path): file_hash(path) for path in sorted(WRITTEN) if _is_result(path)},
    }
    save_json(run, record)
    logging.info("done in %.1f s, peak memory %.0f MB", record["seconds"], record["peak_memory_mb"])


def _is_result(path: Path) -> bool:
    """Whether a file is there, and no state that jobs keep for later ones."""
    return path.is_file() and KEPT not in path.parts


def _cpu_seconds() -> float:
    """CPU seconds of this process since it began, all threads together."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return round(usage.ru_utime + usage.ru_stime, 3)


def placement() -> dict[str, Any]:
    """Where the scheduler placed this process, according to its environment; empty without one.

    Returns
    -------
    dict
        ``slurm_job``, ``slurm_node``, and ``gpus``: numbers or names of the devices that this
        process may use, none if the job requested none.
    """
    if "SLURM_JOB_ID" not in os.environ:
        return {}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return {
        "slurm_job": os.environ["SLURM_JOB_ID"],
        "slurm_node": os.environ.get("SLURMD_NODENAME"),
        "gpus": [device for device in visible.split(",") if device],
    }


@contextmanager
def numeric_threads(threads: int) -> Iterator[None]:
    """Limit torch, BLAS and OpenMP to this many threads, whether already loaded or not."""
    from threadpoolctl import threadpool_limits

    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(threads)
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(threads))
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(threads)
        yield
