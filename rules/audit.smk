"""The audit of a user's own data: surrogates through the analyses, and ways in which labels leak."""


include: "audit_inputs.smk"
include: "audit_fmri.smk"
include: "audit_distill.smk"
include: "audit_calcium.smk"
include: "audit_cxr.smk"


rule audit:
    """Run surrogates of the data through the analyses, and look for ways in which labels leak."""
    input:
        # which a page of all data leaves, and none of a run that stopped
        whole([audit_gathered.RECORD], lambda: audit_jobs()),
    localrule: True


rule write_audit:
    """Gather what the audits of all data sets found, in tables and a page."""
    input:
        checks=[file for _, file in audit_files("checks")],
        surrogates=[file for _, file in audit_files("surrogates")],
    output:
        flags="results/audit/flags.tsv",
        counts="results/audit/surrogates.tsv",
        page="results/audit/index.html",
        run="results/audit/run.json",
    log:
        "logs/audit/write_audit.log",
    benchmark:
        "benchmarks/audit/write_audit.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(memory.SMALL),
        runtime=minutes(10),
    params:
        code=code_version("report/write_audit.py"),
        checks_of=[name for name, _ in audit_files("checks")],
        surrogates_of=[name for name, _ in audit_files("surrogates")],
        threads=config["threads"],
    script:
        "../scripts/report/write_audit.py"
