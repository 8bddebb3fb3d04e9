"""NeuroLoop: brains teach networks, networks read brains; from raw data to a report."""

from snakemake.utils import min_version

min_version("9.0")


include: "rules/library.smk"
include: "rules/config_files.smk"


configfile: source("config/config.yaml")


include: "rules/common.smk"
include: "rules/data_inputs.smk"
include: "rules/runs.smk"
include: "rules/region_inputs.smk"
include: "rules/photograph_inputs.smk"
include: "rules/image_inputs.smk"
include: "rules/loop_inputs.smk"
include: "rules/calcium_inputs.smk"
include: "rules/radiograph_inputs.smk"
include: "rules/memory_inputs.smk"
include: "rules/movie_memory_inputs.smk"
include: "rules/brain_memory_inputs.smk"
include: "rules/student_memory_inputs.smk"
include: "rules/model_inputs.smk"
include: "rules/model_memory_inputs.smk"
include: "rules/passport_inputs.smk"


wildcard_constraints:
    **WILDCARDS,


include: "rules/retrieve.smk"
include: "rules/fmri.smk"
include: "rules/distill.smk"
include: "rules/outcomes.smk"
include: "rules/loop.smk"
include: "rules/calcium.smk"
include: "rules/coupling.smk"
include: "rules/cxr.smk"
include: "rules/explain.smk"
include: "rules/report.smk"
include: "rules/audit.smk"
include: "rules/inquiries.smk"
include: "rules/results.smk"
include: "rules/targets.smk"
include: "rules/site.smk"


onstart:
    begin_run()


onsuccess:
    end_run()


onerror:
    tell_failures()


rule all:
    """Make everything of this config, up to the report."""
    default_target: True
    input:
        EVERYTHING,
    localrule: True
