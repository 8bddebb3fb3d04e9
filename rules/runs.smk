"""How a run begins and ends, and what its targets ask for. No rule stands here."""

import atexit
import os
import sys
import time

from snakemake.io import IOFile
from snakemake.settings.enums import Quietness
from snakemake.settings.types import RerunTrigger

from neuroloop.files.disk_space import disk_full, ran_full
from neuroloop.report import audit_gathered, audit_page, run_page
from neuroloop.report.passport import PAGE, terminal_lines
from neuroloop.workflow.failures import SLURM_LOGS, Endings, describe_failures
from neuroloop.workflow.folder_lock import FolderInUse, hold_folder
from neuroloop.workflow.job_rate import drop_usual_rate
from neuroloop.workflow.lost_results import first_lost
from neuroloop.workflow.leftovers import sweep_leftovers
from neuroloop.workflow.room import check_room
from neuroloop.workflow.run_progress import Planned, RunProgress, hide_selecting
from neuroloop.workflow.orphans import end_orphans, mark, refuse_orphans
from neuroloop.workflow.undone import undone
from neuroloop.workflow.stale_states import KEPT_DAYS, sweep_states
from neuroloop.workflow.slurm.commands import ClusterError
from neuroloop.workflow.slurm.queue import start_over

#: The page beside which the page of the run stands.
REPORT = "results/report/index.html"

#: Files that are gone of jobs that were done, if this run makes these and nothing else.
MENDING = set()

#: What keeps the line that says how far this run is, once it has begun.
PROGRESS = []

#: Missing files that a dry-run names one by one.
NAMED = 10

#: What hears how jobs of this run fail, once it has begun.
ENDINGS = []

#: Environment variable by which the run after such a run is known.
MENDED = "NEUROLOOP_MENDED"


def begin_run():
    """Before the first job: hold the folder, see that the input is there, look at the cluster."""
    here = Path.cwd()
    answer_inquiry(here)
    try:
        warning = hold_folder(here)
        if warning:
            logger.warning(warning)
        ENDINGS.append(Endings(began(here)))
        logger.handlers.insert(0, ENDINGS[0])
        atexit.register(ENDINGS[0].tell_full, here)
        refuse_missing_inputs()
        if workflow.executor_plugin.name == "slurm":
            begin_on_cluster(here, alone=not warning)
        elif warning:
            refuse_orphans(here)
        elif ended := end_orphans(here):
            logger.warning(
                f"Ended processes {', '.join(map(str, ended))}, left by a killed run in this "
                "folder; going on from what is finished."
            )
        if workflow.executor_plugin.name != "slurm":
            mark(here)
        if (
            not warning
        ):  # where nothing tells whether another run lives, its states stay
            tell_swept(here)
        check_room(here / "results", workflow.dag.jobs, workflow.dag.needrun_jobs())
        drop_usual_rate(workflow.scheduler)
        tell_progress()
    except (FolderInUse, ClusterError, NeuroLoopError) as error:
        raise WorkflowError(str(error)) from None
    except OSError as error:
        if ran_full(error):
            raise WorkflowError(str(disk_full(here / ".neuroloop"))) from None
        raise


def began(here):
    """When this run took its folder, by the clock of the file system."""
    lock = here / ".neuroloop/lock"
    return lock.stat().st_mtime if lock.exists() else time.time()


def tell_progress():
    """From now on keep a line that says how far the run is, where nothing else does."""
    silent = workflow.output_settings.quiet or ()
    beside = next(
        (h for h in logger.handlers if h.name == "DefaultStreamHandler"), None
    )
    if beside is None or Quietness.ALL in silent:
        return
    stream = beside.stream
    quiet = Quietness.PROGRESS in silent
    if quiet:
        beside.addFilter(hide_selecting)
        workflow.scheduler.print_progress = True  # which `beside` still leaves out
    jobs = {
        workflow.dag.jobid(job): Planned(job.rule.name, job.resources.get("runtime", 1))
        for job in workflow.dag.needrun_jobs()
    }
    PROGRESS.append(
        RunProgress(
            jobs,
            beside,
            quiet=Quietness.RULES in silent,
            live=quiet and stream.isatty(),
            stream=stream,
        )
    )
    PROGRESS[0].begin(logger)


def end_progress():
    """The run is over: say what was done."""
    for progress in PROGRESS:
        progress.end()


def tell_swept(here):
    """Delete what killed runs left: files half written, states too old to go on from; say so."""
    files, size = sweep_leftovers(here / "results", here / ".neuroloop")
    if files:
        logger.info(
            f"Deleted {files} files ({size / 1e6:.1f} MB) that a killed run had not finished."
        )
    files, size = sweep_states(here / ".neuroloop/checkpoints")
    if files:
        logger.info(
            f"Deleted {files} training states ({size / 1e6:.0f} MB) of jobs that were killed more "
            f"than {KEPT_DAYS} days ago."
        )


def hook_into(outer, function):
    """Have the outer workflow's onstart, onsuccess or onerror do this first.

    Snakemake calls no such hook of a module. What the outer workflow states itself, before or after
    the module, is still called.
    """
    register = getattr(workflow, outer)

    def both(own):
        def call(log):
            function()
            own(log)

        return call

    def register_both(own):
        register(both(own) if workflow.modifier.is_main_snakefile() else own)

    setattr(workflow, f"_{outer}", both(getattr(workflow, f"_{outer}")))
    setattr(workflow, outer, register_both)


def warn_of_triggers():
    """Say so if a mere touch of a script would run jobs again; profiles/default reaches no module."""
    if RerunTrigger.CODE in workflow.dag_settings.rerun_triggers:
        logger.warning(
            "Snakemake's trigger `code` is on: a script of NeuroLoop that is only touched runs "
            "again. Set rerun-triggers as NeuroLoop's profiles/default/config.yaml does."
        )


def begin_on_cluster(here, alone):
    """See that the cluster can do what is asked; cancel what a killed run left, and start over."""
    from neuroloop.workflow.slurm.prepare import prepare_cluster  # needs the plugin

    cancelled = prepare_cluster(
        workflow,
        workflow.dag.needrun_jobs(),
        here,
        alone=alone,
        tell=logger.warning,
    )
    if cancelled:
        logger.warning(
            f"Cancelled SLURM jobs {', '.join(cancelled)}, left by an earlier run; "
            "starting over with what is finished."
        )
        start_over()


def tell_failures():
    """Name the logs of the jobs that failed, and show how they end."""
    end_progress()
    on_slurm = workflow.executor_plugin.name == "slurm"
    folder = Path(workflow.executor_settings.logdir or SLURM_LOGS) if on_slurm else None
    logger.error(describe_failures(workflow.scheduler.failed, ENDINGS[0], folder))
    if any(audit_page.PAGE in job.output for job in workflow.dag.needrun_jobs()):
        logger.error(audit_what_can_be())


def audit_what_can_be():
    """Write the page of an audit though some of it could not be made: it says which, and why."""
    checks, surrogates = (audit_files(which) for which in ("checks", "surrogates"))
    files = [file for _, file in [*checks, *surrogates]]
    missing = undone(workflow.dag, workflow.scheduler.failed, files)
    return audit_gathered.save_unfinished_audit(checks, surrogates, missing)


def refuse_missing_inputs():
    """End the run before its first job if input data are missing, in one line."""
    if MISSING:
        first = next(iter(MISSING.values()))
        others = f" ({len(MISSING) - 1} more are missing)" if len(MISSING) > 1 else ""
        raise WorkflowError(first + others)


def tell_missing_inputs():
    """At the end of a dry-run, which goes on without them, say which input data are missing."""
    silent = workflow.output_settings.quiet or ()
    if not (workflow.executor_plugin and workflow.dryrun and MISSING):
        return
    if Quietness.ALL in silent:
        return
    count = f"{len(MISSING)} input{'s' * (len(MISSING) > 1)}"
    lines = [
        f"Missing: {count}; a run would end before its first job.",
        *MISSING.values(),
    ]
    more = [f"... and {len(MISSING) - NAMED} more."] if len(MISSING) > NAMED else []
    print("\n  ".join(lines[: NAMED + 1] + more), file=sys.stderr)


if workflow.is_main_process:  # Snakemake calls none of its hooks in a dry-run
    atexit.register(tell_missing_inputs)


def whole(results, made, mend=True):
    """Input function of a target: its results, and what is gone of the jobs that lead to them.

    Snakemake by itself looks no further than to a result that exists; before the first run that
    is enough. `mend`: whether a run may make what is gone and nothing else.
    """

    def files(wildcards):
        jobs = {files[0]: files for files in made()}.values()
        lost = first_lost(jobs)
        # a folder that lacks some of its files is there: Snakemake would not make it by itself
        workflow.dag.forcefiles.update(path for path in lost if Path(path).is_dir())
        if len(lost) == len(jobs):
            return results
        return lost if mend and mends(lost) else [*results, *lost]

    return files


def mends(lost):
    """Whether this run only makes again what is gone, and another sees to what follows from it.

    In one run Snakemake does all that follows from a job that it does, whatever comes out of it.
    The other run compares contents.
    """
    asked = workflow.dag_settings
    forced = asked and (asked.forceall or asked.forcerun or asked.forcetargets)
    real = workflow.is_main_process and workflow.executor_plugin
    if not real or workflow.dryrun or workflow.touch or forced or MENDED in os.environ:
        return False
    if lost and all(workflow.persistence.metadata(IOFile(path)) for path in lost):
        MENDING.update(lost)
    return bool(MENDING)


def end_run():
    """After the last job: where only what was gone was made again, see to what follows from it."""
    end_progress()
    if MENDING:
        logger.info(f"Made again what was gone ({len(MENDING)} jobs).")
        os.environ[MENDED] = "yes"
        start_over()
    if any(PAGE in job.output for job in workflow.dag.jobs):
        tell_passports()
    if any(REPORT in job.output for job in workflow.dag.jobs):
        run_page.write_run_page(run_records())
    if any(audit_page.PAGE in job.output for job in workflow.dag.jobs):
        logger.info(audit_page.terminal_line())


def run_records():
    """What jobs recorded of themselves: each file and its rule."""
    return {
        str(path): job.rule.name
        for job in workflow.dag.jobs
        for path in job.output
        if str(path).endswith("run.json")
    }


def tell_passports():
    """What came in, a line a data set: jobs on a cluster say nothing on this terminal."""
    lines = terminal_lines(passports(".json"))
    logger.info("\n".join([*lines, f"What came in: {PAGE}"]))


if IS_MODULE:
    hook_into("onstart", warn_of_triggers)
    hook_into("onstart", begin_run)
    hook_into("onsuccess", end_run)
    hook_into("onerror", tell_failures)
