"""What jobs ask of SLURM, put to SLURM itself before anything is queued.

A request is the command that Snakemake's plugin would type, made by the plugin's own functions.
What is allowed is for `sbatch --test-only` to say; where it refuses, the same request with one
option less shows which option was too much.
"""

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

from snakemake_executor_plugin_slurm.submit_string import get_submit_command
from snakemake_executor_plugin_slurm.utils import set_gres_string
from snakemake_executor_plugin_slurm.validation import validate_slurm_extra
from snakemake_interface_common.exceptions import WorkflowError

from neuroloop.workflow.slurm.commands import PROFILE, ClusterError, in_one_line, say, user

#: Refusals that name a limit, e.g. AssocMaxSubmitJobLimit, QOSMaxCpuPerJobLimit.
LIMIT = re.compile(r"\b(Assoc|QOS)\w+Limit\b")

#: What is said by SLURM where a limit is not named.
POLICY = "violates accounting/QOS policy"

#: What is said of a controller that is away or busy.
AWAY = re.compile(
    r"contact slurm controller|timed out|Zero Bytes|emporarily un|Connection re|ransport endpoint"
)


class Request(NamedTuple):
    """What one attempt of a rule's jobs asks for.

    Attributes
    ----------
    rule : str
    attempt : int
        The first rule and attempt that ask for this.
    command : str
        As Snakemake's plugin types it, without what is to be run.
    """

    rule: str
    attempt: int
    command: str


class Refusal(NamedTuple):
    """A request that SLURM refuses, sbatch's words in a line, the key to change, and to what."""

    request: Request
    words: str
    key: str
    advice: str

    def line(self) -> str:
        """All of it."""
        rule, attempt = self.request.rule, self.request.attempt
        return (
            f"{PROFILE}, {self.key}: SLURM refuses jobs of rule {rule} (attempt {attempt}): "
            f"{self.words}: {self.advice}"
        )


class Variant(NamedTuple):
    """A request with less in it: what is replaced, by what, the key behind it, and the advice."""

    old: str
    new: str
    key: str
    advice: str


#: Tried in this order. What is accepted then shows what was too much.
VARIANTS = (
    Variant(r" -t (\S+)", " -t 1", "longest_job", "it asks for {} minutes: set longest_job lower"),
    Variant(
        r" --gpus=(\S+)", r" --gres=gpu:\1", "gpu_request", "this SLURM wants gpu_request: gres"
    ),
    Variant(
        r" --(gpus=|gres=gpu:)([^\s:]+):(?=\d)",
        r" --\1",
        "gpu_type",
        "no node there has this kind of GPU (`sinfo -o '%R %G'` shows them); null takes any",
    ),
    Variant(
        r" --(?:gpus|gres)=(\S+)",
        "",
        "gpu_partition",
        "no node there has a GPU: set a partition that has (`sinfo -o '%R %G'` shows them)",
    ),
    Variant(
        r" --mem (\d+)",
        " --mem 1",
        "largest_memory",
        "it asks for {} MB: set largest_memory to what its nodes have (`sinfo -o '%R %m'`)",
    ),
    Variant(
        r" --cpus-per-task=(\d+)",
        " --cpus-per-task=1",
        "config",
        "it asks for {} cores: set `threads` lower",
    ),
    Variant(
        r" -C (\S+)", "", "constraint", "no node has {}: `sinfo -o '%R %f'` shows what they have"
    ),
)

#: Keys by what the plugin itself refuses.
PLUGIN_WORDS = {
    "account": "account",
    "slurm_extra": "sbatch_extra",
    "GRES": "gpu_request",
    "GPU": "gpu_type",
}

#: Where a command has its minutes and its partitions.
TIME, PARTITION = r" -t (\S+)", r" -p (\S+)"

#: What empties a key.
NULL = "null asks for none"


def requests(executor: Any, jobs: Iterable[Any]) -> Iterator[Request]:
    """Each distinct request of jobs, in all of their attempts.

    Parameters
    ----------
    executor : Executor
        Of Snakemake's plugin for SLURM.
    jobs : iterable of Job
        Jobs of Snakemake.
    """
    seen = set()
    for job in sorted(jobs, key=lambda job: job.rule.name):
        for attempt in range(1, job.restart_times + 2):
            asked = job.rule.expand_resources(
                job.wildcards_dict, job.input, attempt, skip_evaluation={"tmpdir"}
            )
            command = sbatch(executor, job.rule.name, asked)
            if command not in seen and "<TBD>" not in command:
                seen.add(command)
                yield Request(job.rule.name, attempt, command)


def sbatch(executor: Any, rule: str, resources: Any) -> str:
    """The command by which Snakemake's plugin submits a job with these resources.

    Raises
    ------
    ClusterError
        If the plugin itself refuses it.
    """
    job = SimpleNamespace(name=rule, resources=resources, threads=resources["_cores"])
    try:
        validate_slurm_extra(job)
        named = {
            "run_uuid": executor.run_uuid,
            "slurm_logfile": os.devnull,
            "comment_str": "request",
            "account": next(executor.get_account_arg(job)),
            "partition": executor.get_partition_arg(job),
            "workdir": executor.workflow.workdir_init,
        }
        settings = executor.workflow.executor_settings
        return get_submit_command(job, named, settings=settings) + set_gres_string(job)
    except WorkflowError as error:
        words = " ".join(str(error).split())
        key = next((key for word, key in PLUGIN_WORDS.items() if word in words), "set-resources")
        raise ClusterError(f"{PROFILE}, {key}: rule {rule}: {words}") from None


def refused(request: Request) -> Refusal | None:
    """What SLURM says against a request, or None if it would take it.

    A full queue says nothing against it: that passes.
    """
    words = answer(request.command)
    if not words and (allowed := overrun(request.command)):
        minutes = value(request.command, TIME)
        return Refusal(
            request,
            f"PartitionTimeLimit: {minutes} minutes are asked for, {allowed} allowed",
            "longest_job",
            f"set longest_job to {allowed}, or another partition",
        )
    if not words or passes(words):
        return None
    if "node configuration" in words and unavailable(request.command):
        # Where nodes are down, a test refuses what SLURM would queue.
        words = answer(request.command, held=True)
        if not words or passes(words):
            return None
    return Refusal(request, in_one_line(words), *reason(request.command, words))


def overrun(command: str) -> int:
    """Minutes that the partitions of a command allow if it asks for more, else 0.

    By default (EnforcePartLimits=NO) SLURM queues such a job, which then never starts.
    """
    partition, asked = value(command, PARTITION), value(command, TIME)
    if not partition or not asked.isdigit():
        return 0
    told = say("sinfo", "-h", "-p", partition, "-o", "%l").out.split()
    limits = [limit_minutes(text) for text in told]
    return max(limits) if limits and all(0 < limit < int(asked) for limit in limits) else 0


def limit_minutes(text: str) -> int:
    """Minutes of a time limit as sinfo writes it (``[days-]hours:minutes:seconds``, or less)."""
    days, _, clock = text.rpartition("-")
    fields = clock.split(":")
    if not all(field.isdigit() for field in fields):
        return 0  # "infinite"
    hours, minutes, _ = ([0, 0, 0] + [int(field) for field in fields])[-3:]
    return int(days or 0) * 1440 + hours * 60 + minutes


def passes(words: str) -> bool:
    """Whether a refusal is of a kind that passes: too many jobs, or a controller that is away.

    Limits on one job's size do not.
    """
    named = LIMIT.search(words)
    if named:
        return "Submit" in named[0]
    return POLICY in words or bool(AWAY.search(words))


def answer(command: str, held: bool = False) -> str:
    """What sbatch says against a command; empty if nothing.

    Parameters
    ----------
    command : str
    held : bool
        Submit it in truth, as a job that may not start, and cancel it at once.
    """
    option = "--hold" if held else "--test-only"
    said = say("sbatch", option, *shlex.split(command)[1:], "--wrap", "true")
    if said.status:
        return said.err or said.out or "no reason given"
    if held:
        say("scancel", said.out.strip().split(";")[0])
    return ""


def unavailable(command: str) -> bool:
    """Whether nodes of a command's partitions are down or drained."""
    partition = value(command, PARTITION)
    where = ("-p", partition) if partition else ()
    said = say("sinfo", "-h", *where, "-t", "down,drain,fail,maint,no_respond", "-o", "%n")
    return bool(said.out.strip())


def reason(command: str, words: str) -> tuple[str, str]:
    """The key behind a refusal, and what to do."""
    partition = "gpu_partition" if re.search(r" --(gpus|gres)=", command) else "cpu_partition"
    low = words.lower()
    if "partition name" in low or "invalid partition" in low:
        return partition, f"set one of {listed('sinfo', '-h', '-o', '%R')}"
    if "partition not available" in low:
        return partition, "it takes no jobs now (`sinfo` says why): set another one"
    if "reservation" in low:
        return "reservation", f"`scontrol show reservation` shows them; {NULL}"
    if "feature" in low:
        return "constraint", f"`sinfo -o '%R %f'` shows what nodes have; {NULL}"
    if "account" in low and POLICY not in words:
        accounts = listed("sacctmgr", "-nP", "show", "assoc", f"user={user()}", "format=Account")
        return "account", f"set one of {accounts}; null takes SLURM's default for you"
    if "qos" in low and POLICY not in words:
        kinds = listed("sacctmgr", "-nP", "show", "qos", "format=Name")
        return "qos", f"set one of {kinds}; {NULL}"
    if "time limit" in low or "wall" in low:
        return "longest_job", f"it asks for {value(command, TIME)} minutes: set longest_job lower"
    for variant in VARIANTS:
        found = re.search(variant.old, command)
        if found and not answer(re.sub(variant.old, variant.new, command)):
            return variant.key, variant.advice.format(found[found.re.groups])
    test = command.replace("sbatch", "sbatch --test-only", 1)
    return partition, f"no one option alone is too much; `{test} --wrap true` shows it"


def listed(*command: str) -> str:
    """What a command lists, in a row."""
    return ", ".join(sorted({line.strip() for line in say(*command).out.splitlines()})) or "yours"


def value(command: str, pattern: str) -> str:
    """The value of an option in a command; empty without it."""
    found = re.search(pattern, command)
    return found[1] if found else ""
