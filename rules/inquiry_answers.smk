"""What is told of results, reasons and the cluster in place of a run. No rule stands here."""

from neuroloop.workflow.folder_lock import holder
from neuroloop.workflow.run_status import job_states, status_lines, why_lines
from neuroloop.workflow.verification import VERIFIED, verify


def answer_inquiry(here):
    """Where a target asks for no result, tell what it asks, and end before the first job."""
    asked = {str(job.rule) for job in workflow.dag.jobs}
    for inquiry, tell in (
        (rules.status, tell_status),
        (rules.why, tell_why),
        (rules.verify, tell_verified),
        (rules.doctor, tell_doctor),
    ):
        if str(inquiry.rule) in asked:
            tell(here)


def tell_status(here):
    """Say what is finished, stale, missing and failed, and end before the first job."""
    run = holder(here)
    states = job_states(workflow, held=bool(run))
    print("\n".join(status_lines(states, run, MISSING.values())), flush=True)
    sys.exit(any(state.state == "failed" for state in states))


def tell_why(here):
    """Say which jobs a run of the targets beside `why` would do, and why, and end before them."""
    states = job_states(workflow, held=bool(holder(here)))
    print("\n".join(why_lines(states, MISSING.values())), flush=True)
    sys.exit(0)


def beside_why(wildcards):
    """Input function: everything, where no other target is asked for."""
    asked = set(workflow.dag_settings.targets) - {str(rules.why.rule)}
    return [] if asked else STATUS(wildcards)


def tell_doctor(here):
    """Say what of the cluster would stop a run, and end before the first job."""
    if workflow.executor_plugin.name != "slurm":
        raise WorkflowError(
            "doctor looks at a cluster: type snakemake --profile slurm doctor"
        )
    from neuroloop.workflow.slurm.doctor import examine  # needs the plugin

    def tell(line):
        print(line, flush=True)

    sys.exit(not examine(workflow, list(workflow.dag.jobs), here, tell))


def tell_verified(here):
    """Say which results are not what their jobs wrote, and end before the first job."""
    if run := holder(here):
        raise WorkflowError(f"a run works in this folder ({run}): verify after its end")
    jobs = [job for job in workflow.dag.jobs if job.rule.script]
    outputs = [path for job in jobs for path in job.output]
    made = [str(path) for path in outputs if workflow.persistence.metadata(path)]
    found = verify(jobs, made)
    found.save(here / VERIFIED)
    print("\n".join(found.lines()), flush=True)
    sys.exit(bool(found.wrong))
