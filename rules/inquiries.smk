"""Targets that tell of results, reasons and the cluster, and run nothing."""


include: "inquiry_answers.smk"


rule status:
    """List what of this config is finished, stale, missing and failed, and why; run nothing."""
    input:
        lambda wildcards: STATUS(wildcards),
    log:
        "logs/status.log",
    localrule: True
    run:
        pass  # `answer_inquiry` ends the run before; without a body there would be no job


rule why:
    """Say which jobs other targets need, or else this config, why, and how long they take; run nothing."""
    input:
        beside_why,
    log:
        "logs/why.log",
    localrule: True
    run:
        pass  # `answer_inquiry` ends the run before; without a body there would be no job


rule doctor:
    """List what would stop a run on this cluster (snakemake --profile slurm doctor); run nothing."""
    input:
        lambda wildcards: STATUS(wildcards),
    log:
        "logs/doctor.log",
    localrule: True
    run:
        pass  # `answer_inquiry` ends the run before; without a body there would be no job


rule verify:
    """Compare every result with the hash that its job recorded, and with its sidecar; run nothing."""
    input:
        lambda wildcards: STATUS(wildcards),
    log:
        "logs/verify.log",
    localrule: True
    run:
        pass  # `answer_inquiry` ends the run before; without a body there would be no job
