"""Checks before the run, and the page that tells what came out."""


include: "report_inputs.smk"


rule check_dataset:
    """Check that the configured analysis can be done on what was read of a dataset's inputs."""
    input:
        voxels=lambda wildcards: region_files(wildcards.dataset, "voxels.npz"),
        places=lambda wildcards: region_files(wildcards.dataset, "region.npz"),
        responses=dataset_responses,
        folds=lambda wildcards: subject_files(wildcards.dataset, "folds.tsv"),
        scans=dataset_scans,
        stimuli="results/fmri/{dataset}/stimuli.tsv",
        images=student_images("images.tsv"),
        pixels=student_images("images.npy"),
        intakes=dataset_intakes,
    output:
        facts="results/check/{dataset}.json",
        figures=directory("results/check/{dataset}.figures"),
        contents="results/check/{dataset}.figures.json",
        run="results/check/{dataset}.run.json",
    log:
        "logs/check/{dataset}.log",
    benchmark:
        "benchmarks/check/{dataset}.tsv"
    wildcard_constraints:
        dataset=only(config.get("datasets", {})),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("check_dataset", checked_items),
        runtime=minutes(60),
    params:
        code=code_version("report/check_dataset.py"),
        regions=lambda wildcards: {
            roi: block["voxels"]
            for roi, block in config["datasets"][wildcards.dataset]["rois"].items()
        },
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/report/check_dataset.py"


rule check_radiographs:
    """Show what was read of a set of radiographs, and what files alone tell of its classes."""
    input:
        radiographs="results/cxr/{dataset}/radiographs.npy",
        sidecar="results/cxr/{dataset}/radiographs.json",
        table="results/cxr/{dataset}/radiographs.tsv",
        dropped="results/cxr/{dataset}/dropped.tsv",
        folds=radiograph_folds,
        properties="results/cxr/{dataset}/file_properties.tsv",
        intakes=radiograph_intakes,
    output:
        facts="results/check/cxr/{dataset}.json",
        figures=directory("results/check/cxr/{dataset}.figures"),
        contents="results/check/cxr/{dataset}.figures.json",
        run="results/check/cxr/{dataset}.run.json",
    log:
        "logs/check/cxr/{dataset}.log",
    benchmark:
        "benchmarks/check/cxr/{dataset}.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(3000),
        runtime=minutes(30),
    params:
        code=code_version("report/check_radiographs.py"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/report/check_radiographs.py"


rule check_network:
    """Show a network of the user's own, and the images on which it is looked into."""
    input:
        model=model_input,
        parts=model_parts,
    output:
        facts="results/check/explain/{model}.json",
        figures=directory("results/check/explain/{model}.figures"),
        contents="results/check/explain/{model}.figures.json",
        run="results/check/explain/{model}.run.json",
    log:
        "logs/check/explain/{model}.log",
    benchmark:
        "benchmarks/check/explain/{model}.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("check_network", explained_items),
        runtime=minutes(30),
    params:
        code=code_of("report/check_network.py", backbone=model_backbone),
        plugins=plugins_of(backbone=model_backbone),
        content=contents_of(model_input, model_parts, folders=model_content),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/report/check_network.py"


rule write_passport:
    """Write one page that shows what came in, data set by data set."""
    input:
        passports=passports(".json"),
        figures=[ancient(folder) for folder in passports(".figures")],
        contents=passports(".figures.json"),
    output:
        page="results/check/index.html",
        run="results/check/run.json",
    log:
        "logs/check/write_passport.log",
    benchmark:
        "benchmarks/check/write_passport.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(memory.SMALL),
        runtime=minutes(10),
    params:
        code=code_version("report/write_passport.py"),
        changed=changed_in(lambda wildcards: passports(".figures")),
        simulated=simulated_data(config),
        threads=config["threads"],
    script:
        "../scripts/report/write_passport.py"


rule write_report:
    """Write one self-contained page with the tables and figures of this config."""
    input:
        files=[file for chapter in CHAPTERS for file in chapter.files.values()],
        passports=passports(".json", ("datasets", "areas", "radiographs")),
    output:
        page="results/report/index.html",
        summary="results/report/summary.json",
        run="results/report/run.json",
    log:
        "logs/report/write_report.log",
    benchmark:
        "benchmarks/report/write_report.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(memory.SMALL),
        runtime=minutes(10),
    params:
        code=code_of("report/write_report.py", shown=True, section=sections_shown),
        plugins=plugins_of(section=sections_shown),
        chapters=[chapter.outline for chapter in CHAPTERS],
        config=as_completed(),
        audit=found_by_audit(config["run"]),
        graph=lambda wildcards: rule_steps(workflow, all_jobs()),
        cited=citations(config),
        looked_into=looked_into(),
        audited=[name for name in audited_data() if name in config["run"]],
        networks=found_in_networks(config["explain"]["models"], config["run"]),
        verified=lambda wildcards: was_verified(
            [file for chapter in CHAPTERS for file in chapter.files.values()]
        ),
        threads=config["threads"],
    script:
        "../scripts/report/write_report.py"


rule write_crate:
    """Describe all results as an RO-Crate, which archives read: every file, its inputs, the software."""
    input:
        page="results/report/index.html",
        summary="results/report/summary.json",
        passports=passports(".json", ("datasets", "areas", "radiographs")),
    output:
        metadata="results/ro-crate-metadata.json",
        run="results/ro-crate.run.json",
    log:
        "logs/write_crate.log",
    benchmark:
        "benchmarks/write_crate.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(memory.SMALL),
        runtime=minutes(10),
    params:
        code=code_version("report/write_crate.py"),
        threads=config["threads"],
    script:
        "../scripts/report/write_crate.py"


rule crate:
    """Describe the finished run as an RO-Crate: results/ro-crate-metadata.json."""
    input:
        "results/ro-crate-metadata.json",
    localrule: True
