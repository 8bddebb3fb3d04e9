"""What students come to beside accuracy: calibration, robustness, and where they err."""


rule summarise_outcomes:
    """Compare every teacher with its controls in the outcomes that a dataset asks for."""
    input:
        predictions=lambda wildcards: student_files(wildcards.dataset),
        metrics=lambda wildcards: student_files(wildcards.dataset, "metrics.json"),
    output:
        table=reported(
            "results/distill/{dataset}/outcomes.tsv",
            "Brains teach networks",
            "outcomes_table",
            dataset="{dataset}",
            shown="outcomes beside accuracy, table",
        ),
        comparisons=reported(
            "results/distill/{dataset}/outcome_comparisons.tsv",
            "Brains teach networks",
            "outcome_comparisons_table",
            dataset="{dataset}",
            shown="outcomes beside accuracy, comparisons, table",
        ),
        figure="results/distill/{dataset}/outcomes.png",
        figure_svg=reported(
            "results/distill/{dataset}/outcomes.svg",
            "Brains teach networks",
            "outcomes",
            dataset="{dataset}",
            shown="outcomes beside accuracy",
        ),
        run="results/distill/{dataset}/outcomes.run.json",
    log:
        "logs/distill/{dataset}/summarise_outcomes.log",
    benchmark:
        "benchmarks/distill/{dataset}/summarise_outcomes.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("summarise_outcomes", outcome_items),
        runtime=minutes(60),
    params:
        code=code_of("distill/summarise_outcomes.py", shown=True, teacher=teachers),
        plugins=plugins_of(teacher=teachers),
        outcomes=lambda wildcards: outcomes_of(wildcards.dataset),
        variants=teaching_variants,
        varied=varied_decoders,
        source=setting("datasets", "dataset", "source"),
        threads=config["threads"],
    script:
        "../scripts/distill/summarise_outcomes.py"
