"""The audit of chest radiographs: classes dealt anew, and what else than lungs tells the class."""

AUDITED = "audit/cxr/{dataset}"


rule audit_classifier:
    """Train a classifier on classes that are dealt anew to patients, and count what it claims."""
    input:
        radiographs=f"results/{RADIOGRAPHS}/radiographs.npy",
        regions=f"results/{RADIOGRAPHS}/regions.npz",
        table=f"results/{RADIOGRAPHS}/radiographs.tsv",
        features=classifier_features,
        start=classifier_start,
    output:
        surrogates=f"results/{AUDITED}/{{case}}/{{classifier}}/surrogates.tsv",
        notes=f"results/{AUDITED}/{{case}}/{{classifier}}/notes.json",
        run=f"results/{AUDITED}/{{case}}/{{classifier}}/run.json",
    log:
        f"logs/{AUDITED}/{{case}}/{{classifier}}/audit_classifier.log",
    benchmark:
        f"benchmarks/{AUDITED}/{{case}}/{{classifier}}/audit_classifier.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("audit_classifier", classifier_items),
        runtime=minutes(480),
        gpu=1,
    params:
        code=code_of("cxr/audit_classifier.py", backbone=classifier_backbone),
        plugins=plugins_of(backbone=classifier_backbone),
        content=contents_of(classifier_start),
        classifier=setting("classifiers", "classifier"),
        folds=setting("radiographs", "dataset", "folds"),
        max_view=setting("radiographs", "dataset", "views"),
        contrast=setting("radiographs", "dataset", "contrast"),
        bootstraps=setting("radiographs", "dataset", "bootstraps"),
        surrogate_count=config["audit"]["surrogates"],
        seed=config["seed"],
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/cxr/audit_classifier.py"


rule audit_radiographs:
    """Look for ways in which classes of radiographs are known without the lungs."""
    input:
        source=audited_source,
        radiographs=f"results/{RADIOGRAPHS}/radiographs.npy",
        regions=f"results/{RADIOGRAPHS}/regions.npz",
        folds=f"results/{RADIOGRAPHS}/folds.tsv",
        dropped=f"results/{RADIOGRAPHS}/dropped.tsv",
        properties=f"results/{RADIOGRAPHS}/file_properties.tsv",
        other_radiographs=lambda wildcards: external_inputs(
            wildcards, "{other}/radiographs.npy"
        ),
        other_tables=lambda wildcards: external_inputs(
            wildcards, "{other}/radiographs.tsv"
        ),
        known=lambda wildcards: external_inputs(
            wildcards, "{dataset}/external/{other}/known.tsv"
        ),
    output:
        flags=f"results/{AUDITED}/flags.json",
        run=f"results/{AUDITED}/run.json",
    log:
        f"logs/{AUDITED}/audit_radiographs.log",
    benchmark:
        f"benchmarks/{AUDITED}/audit_radiographs.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("audit_radiographs", audited_items),
        runtime=minutes(60),
    params:
        code=code_version("cxr/audit_radiographs.py"),
        content=contents_of(audited_source, folders=audited_content),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/cxr/audit_radiographs.py"
