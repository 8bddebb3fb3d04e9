"""Checks before the run, and the page that tells what came out."""


rule check_dataset:
    """Check that the configured analysis can be done on what was read of a dataset's inputs."""
    input:
        bdata=lambda wildcards: subject_files(wildcards.dataset, "bdata.h5"),
        sidecars=lambda wildcards: subject_files(wildcards.dataset, "bdata.json"),
        folds=lambda wildcards: subject_files(wildcards.dataset, "folds.tsv"),
        stimuli="results/fmri/{dataset}/stimuli.tsv",
        images=lambda wildcards: (
            f"results/distill/{wildcards.dataset}/images.tsv"
            if taught(wildcards.dataset)
            else []
        ),
    output:
        facts="results/check/{dataset}.json",
        run="results/check/{dataset}.run.json",
    log:
        "logs/check/{dataset}.log",
    benchmark:
        "benchmarks/check/{dataset}.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(8000),
        runtime=minutes(60),
    params:
        code=code_version("report/check_dataset.py"),
        regions=lambda wildcards: {
            roi: {"flag": block.get("flag", roi), "voxels": block["voxels"]}
            for roi, block in config["datasets"][wildcards.dataset]["rois"].items()
        },
        threads=config["threads"],
    script:
        "../scripts/report/check_dataset.py"


rule write_report:
    """Write one self-contained page with the tables and figures of this config."""
    input:
        decoding=expand(
            "results/fmri/{dataset}/decoding.tsv", dataset=running("datasets")
        ),
        decoding_figures=expand(
            "results/fmri/{dataset}/decoding.png", dataset=running("datasets")
        ),
        students=expand(
            "results/distill/{dataset}/ablation.tsv",
            dataset=filter(taught, running("datasets")),
        ),
        comparisons=expand(
            "results/distill/{dataset}/comparisons.tsv",
            dataset=filter(taught, running("datasets")),
        ),
        ablation_figures=expand(
            "results/distill/{dataset}/ablation.png",
            dataset=filter(taught, running("datasets")),
        ),
        reading_figures=[
            f"results/calcium/{area}/reading/{reader}.png"
            for area in running("areas")
            for reader in config["areas"][area]["readers"]
        ],
        maps_figures=[reader_files(area, "cams.png") for area in running("areas")],
        zncc_figures=[reader_files(area, "zncc.png") for area in running("areas")],
        null_figures=[reader_files(area, "zncc_nulls.png") for area in running("areas")],
        coupling_figures=[
            reader_files(area, "coupling.png") for area in running("areas")
        ],
        couplings=[reader_files(area, "coupling.tsv") for area in running("areas")],
        routes=[comparison_files(area, "routes.tsv") for area in running("areas")],
        comparison_figures=[
            comparison_files(area, "comparison.png") for area in running("areas")
        ],
        radiographs=expand(
            "results/cxr/{dataset}/metrics.tsv", dataset=running("radiographs")
        ),
        radiograph_figures=expand(
            "results/cxr/{dataset}/{figure}.png",
            dataset=running("radiographs"),
            figure=["scores", "shortcuts", "confusion", "learning", "calibration"],
        ),
        radiograph_maps=[
            map_files(dataset, "maps.png") for dataset in running("radiographs")
        ],
    output:
        page="results/report/index.html",
        run="results/report/run.json",
    log:
        "logs/report/write_report.log",
    benchmark:
        "benchmarks/report/write_report.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(1000),
        runtime=minutes(10),
    params:
        code=code_version("report/write_report.py"),
        threads=config["threads"],
    script:
        "../scripts/report/write_report.py"
