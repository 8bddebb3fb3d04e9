"""Chest X-rays: transfer learning, whole patients on one side of a split, and where it looked."""

RADIOGRAPHS = "cxr/{dataset}"
CLASSIFIED = "cxr/{dataset}/{case}/{classifier}"


rule simulate_radiographs:
    """Simulate chest radiographs whose lungs and lesions are known."""
    output:
        radiographs=f"results/{RADIOGRAPHS}/radiographs.npy",
        sidecar=f"results/{RADIOGRAPHS}/radiographs.json",
        regions=f"results/{RADIOGRAPHS}/regions.npz",
        regions_sidecar=f"results/{RADIOGRAPHS}/regions.json",
        table=f"results/{RADIOGRAPHS}/radiographs.tsv",
        dropped=f"results/{RADIOGRAPHS}/dropped.tsv",
        properties=f"results/{RADIOGRAPHS}/file_properties.tsv",
        intake=f"results/{RADIOGRAPHS}/intake.json",
        run=f"results/{RADIOGRAPHS}/simulate_radiographs.run.json",
    log:
        f"logs/{RADIOGRAPHS}/simulate_radiographs.log",
    benchmark:
        f"benchmarks/{RADIOGRAPHS}/simulate_radiographs.tsv"
    wildcard_constraints:
        dataset=radiographs_with_source("simulated"),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("simulate_radiographs", simulated_radiograph_items),
        runtime=minutes(30),
    params:
        code=code_version("cxr/simulate_radiographs.py"),
        simulation=setting("radiographs", "dataset", "simulation"),
        size=setting("radiographs", "dataset", "size"),
        seed=config["data_seed"],
        threads=config["threads"],
    script:
        "../scripts/cxr/simulate_radiographs.py"


rule list_radiographs:
    """Read and check the user's chest radiographs."""
    input:
        source=radiograph_input,
    output:
        radiographs=f"results/{RADIOGRAPHS}/radiographs.npy",
        sidecar=f"results/{RADIOGRAPHS}/radiographs.json",
        regions=f"results/{RADIOGRAPHS}/regions.npz",
        regions_sidecar=f"results/{RADIOGRAPHS}/regions.json",
        table=f"results/{RADIOGRAPHS}/radiographs.tsv",
        dropped=f"results/{RADIOGRAPHS}/dropped.tsv",
        properties=f"results/{RADIOGRAPHS}/file_properties.tsv",
        intake=f"results/{RADIOGRAPHS}/intake.json",
        run=f"results/{RADIOGRAPHS}/list_radiographs.run.json",
    log:
        f"logs/{RADIOGRAPHS}/list_radiographs.log",
    benchmark:
        f"benchmarks/{RADIOGRAPHS}/list_radiographs.tsv"
    wildcard_constraints:
        dataset=radiographs_with_source("files"),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("list_radiographs", radiograph_items),
        runtime=minutes(60),
    params:
        code=code_version("cxr/list_radiographs.py"),
        content=contents_of(radiograph_input, folders=radiograph_content),
        classes=setting("radiographs", "dataset", "classes"),
        size=setting("radiographs", "dataset", "size"),
        fit=setting("radiographs", "dataset", "fit"),
        white=setting("radiographs", "dataset", "white_level"),
        patients_of=setting("radiographs", "dataset", "patients_of"),
        threads=config["threads"],
    script:
        "../scripts/cxr/list_radiographs.py"


rule split_radiographs:
    """Split radiographs into folds, once, by patient and by image."""
    input:
        table=f"results/{RADIOGRAPHS}/radiographs.tsv",
    output:
        folds=f"results/{RADIOGRAPHS}/folds.tsv",
        balance=f"results/{RADIOGRAPHS}/fold_balance.tsv",
        run=f"results/{RADIOGRAPHS}/split_radiographs.run.json",
    log:
        f"logs/{RADIOGRAPHS}/split_radiographs.log",
    benchmark:
        f"benchmarks/{RADIOGRAPHS}/split_radiographs.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(memory.SMALL),
        runtime=minutes(10),
    params:
        code=code_version("cxr/split_radiographs.py"),
        n_folds=setting("radiographs", "dataset", "folds"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/cxr/split_radiographs.py"


rule exclude_known:
    """Find the radiographs of another set that are no test, before anything is trained."""
    input:
        radiographs="results/cxr/{other}/radiographs.npy",
        table="results/cxr/{other}/radiographs.tsv",
        own_radiographs=f"results/{RADIOGRAPHS}/radiographs.npy",
        own_table=f"results/{RADIOGRAPHS}/radiographs.tsv",
    output:
        known=f"results/{RADIOGRAPHS}/external/{{other}}/known.tsv",
        intake=f"results/{RADIOGRAPHS}/external/{{other}}/intake.json",
        run=f"results/{RADIOGRAPHS}/external/{{other}}/run.json",
    log:
        f"logs/{RADIOGRAPHS}/external/{{other}}/exclude_known.log",
    benchmark:
        f"benchmarks/{RADIOGRAPHS}/external/{{other}}/exclude_known.tsv"
    priority: 10
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("exclude_known", two_sets_items),
        runtime=minutes(10),
    params:
        code=code_version("cxr/exclude_known.py"),
        threads=config["threads"],
    script:
        "../scripts/cxr/exclude_known.py"


rule extract_features:
    """Run the frozen part of a network over all radiographs and views, once for all that share it."""
    input:
        radiographs=f"results/{RADIOGRAPHS}/radiographs.npy",
        regions=f"results/{RADIOGRAPHS}/regions.npz",
        table=f"results/{RADIOGRAPHS}/radiographs.tsv",
        start=front_start,
    output:
        features=f"results/{RADIOGRAPHS}/features/{{front}}/{{kind}}.npy",
        sidecar=f"results/{RADIOGRAPHS}/features/{{front}}/{{kind}}.json",
        run=f"results/{RADIOGRAPHS}/features/{{front}}/{{kind}}.run.json",
    log:
        f"logs/{RADIOGRAPHS}/features/{{front}}/{{kind}}.log",
    benchmark:
        f"benchmarks/{RADIOGRAPHS}/features/{{front}}/{{kind}}.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("extract_features", feature_items),
        runtime=minutes(240),
        gpu=1,
    params:
        code=code_of("cxr/extract_features.py", backbone=front_backbone),
        plugins=plugins_of(backbone=front_backbone),
        content=contents_of(front_start),
        front=front_setting,
        views=setting("radiographs", "dataset", "views"),
        kind="{kind}",
        seed=config["seed"],
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/cxr/extract_features.py"


rule train_classifier:
    """Train a classifier, a network per fold, and name the radiographs that each never saw."""
    input:
        radiographs=f"results/{RADIOGRAPHS}/radiographs.npy",
        regions=f"results/{RADIOGRAPHS}/regions.npz",
        table=f"results/{RADIOGRAPHS}/folds.tsv",
        features=classifier_features,
        start=classifier_start,
    output:
        history=f"results/{CLASSIFIED}/{{split}}/history.tsv",
        predictions=f"results/{CLASSIFIED}/{{split}}/predictions.tsv",
        repeats=f"results/{CLASSIFIED}/{{split}}/repeats.tsv",
        classifier=f"results/{CLASSIFIED}/{{split}}/classifier.json",
        networks=f"results/{CLASSIFIED}/{{split}}/networks.safetensors",
        model=f"results/{CLASSIFIED}/{{split}}/model.json",
        weights=f"results/{CLASSIFIED}/{{split}}/weights.safetensors",
        images=f"results/{CLASSIFIED}/{{split}}/images.npz",
        images_sidecar=f"results/{CLASSIFIED}/{{split}}/images.json",
        run=f"results/{CLASSIFIED}/{{split}}/run.json",
    log:
        f"logs/{CLASSIFIED}/{{split}}/train_classifier.log",
    benchmark:
        f"benchmarks/{CLASSIFIED}/{{split}}/train_classifier.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("train_classifier", classifier_items),
        runtime=minutes(480),
        gpu=1,
    params:
        code=code_of("cxr/train_classifier.py", backbone=classifier_backbone),
        plugins=plugins_of(backbone=classifier_backbone),
        content=contents_of(classifier_start),
        classifier=setting("classifiers", "classifier"),
        folds=setting("radiographs", "dataset", "folds"),
        max_view=setting("radiographs", "dataset", "views"),
        repeats=classifier_repeats,
        seed=config["seed"],
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/cxr/train_classifier.py"


rule predict_external:
    """Name the radiographs of another set with a trained classifier."""
    input:
        radiographs="results/cxr/{other}/radiographs.npy",
        regions="results/cxr/{other}/regions.npz",
        table="results/cxr/{other}/radiographs.tsv",
        known=f"results/{RADIOGRAPHS}/external/{{other}}/known.tsv",
        networks=f"results/{CLASSIFIED}/patient/networks.safetensors",
        weights=f"results/{CLASSIFIED}/patient/weights.safetensors",
        classifier=f"results/{CLASSIFIED}/patient/classifier.json",
        model=f"results/{CLASSIFIED}/patient/model.json",
    output:
        predictions=f"results/{CLASSIFIED}/external/{{other}}/predictions.tsv",
        dropped=f"results/{CLASSIFIED}/external/{{other}}/dropped.tsv",
        facts=f"results/{CLASSIFIED}/external/{{other}}/facts.json",
        run=f"results/{CLASSIFIED}/external/{{other}}/run.json",
    log:
        f"logs/{CLASSIFIED}/external/{{other}}/predict_external.log",
    benchmark:
        f"benchmarks/{CLASSIFIED}/external/{{other}}/predict_external.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("predict_external", external_items),
        runtime=minutes(240),
        gpu=1,
    params:
        code=code_of("cxr/predict_external.py", backbone=classifier_backbone),
        plugins=plugins_of(backbone=classifier_backbone),
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/cxr/predict_external.py"


rule map_radiographs:
    """Map where a classifier looked on radiographs that it never saw."""
    input:
        model=f"results/{CLASSIFIED}/patient/model.json",
        weights=f"results/{CLASSIFIED}/patient/weights.safetensors",
        images=f"results/{CLASSIFIED}/patient/images.npz",
        predictions=f"results/{CLASSIFIED}/patient/predictions.tsv",
    output:
        maps=f"results/{CLASSIFIED}/maps/maps.npz",
        maps_sidecar=reported(
            f"results/{CLASSIFIED}/maps/maps.json",
            "Chest X-rays",
            "radiograph_maps_facts",
            radiographs="{dataset}",
            shown="maps of {classifier}, {case}, facts",
        ),
        pointing=reported(
            f"results/{CLASSIFIED}/maps/pointing.tsv",
            "Chest X-rays",
            "radiograph_maps_pointing",
            radiographs="{dataset}",
            shown="maps of {classifier}, {case}: lesions, table",
        ),
        checks=reported(
            f"results/{CLASSIFIED}/maps/checks.tsv",
            "Chest X-rays",
            "radiograph_maps_checks",
            radiographs="{dataset}",
            shown="maps of {classifier}, {case}: random weights, table",
        ),
        figure=f"results/{CLASSIFIED}/maps/maps.png",
        figure_svg=reported(
            f"results/{CLASSIFIED}/maps/maps.svg",
            "Chest X-rays",
            "radiograph_maps",
            radiographs="{dataset}",
            shown="maps of {classifier}, {case}",
        ),
        run=f"results/{CLASSIFIED}/maps/run.json",
    log:
        f"logs/{CLASSIFIED}/maps/map_radiographs.log",
    benchmark:
        f"benchmarks/{CLASSIFIED}/maps/map_radiographs.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("map_radiographs", mapped_items),
        runtime=minutes(60),
        gpu=1,
    params:
        code=code_of("cxr/map_radiographs.py", backbone=classifier_backbone),
        plugins=plugins_of(backbone=classifier_backbone),
        source=setting("radiographs", "dataset", "source"),
        seed=config["seed"],
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/cxr/map_radiographs.py"


rule summarise_classifiers:
    """Compare all cases, classifiers and splits of a set of radiographs, and draw them."""
    input:
        predictions=lambda wildcards: classifier_files(
            wildcards.dataset, "predictions.tsv"
        ),
        repeats=lambda wildcards: classifier_files(wildcards.dataset, "repeats.tsv"),
        histories=lambda wildcards: classifier_files(wildcards.dataset, "history.tsv"),
        folds=f"results/{RADIOGRAPHS}/folds.tsv",
        external=lambda wildcards: external_files(wildcards.dataset, "predictions.tsv"),
    output:
        metrics=reported(
            f"results/{RADIOGRAPHS}/metrics.tsv",
            "Chest X-rays",
            "radiograph_metrics_table",
            radiographs="{dataset}",
            shown="scores, table",
        ),
        comparisons=reported(
            f"results/{RADIOGRAPHS}/comparisons.tsv",
            "Chest X-rays",
            "radiograph_comparisons_table",
            radiographs="{dataset}",
            shown="differences, table",
        ),
        operating_points=reported(
            f"results/{RADIOGRAPHS}/operating_points.tsv",
            "Chest X-rays",
            "radiograph_points_table",
            radiographs="{dataset}",
            shown="operating points, table",
        ),
        scores=f"results/{RADIOGRAPHS}/scores.png",
        scores_svg=reported(
            f"results/{RADIOGRAPHS}/scores.svg",
            "Chest X-rays",
            "radiograph_scores",
            radiographs="{dataset}",
            shown="scores",
        ),
        differences=f"results/{RADIOGRAPHS}/differences.png",
        differences_svg=reported(
            f"results/{RADIOGRAPHS}/differences.svg",
            "Chest X-rays",
            "radiograph_differences",
            radiographs="{dataset}",
            shown="differences on the same patients",
        ),
        sweep=f"results/{RADIOGRAPHS}/sweep.png",
        sweep_svg=reported(
            f"results/{RADIOGRAPHS}/sweep.svg",
            "Chest X-rays",
            "radiograph_sweep",
            radiographs="{dataset}",
            shown="cases and classifiers less the baseline",
        ),
        sites=f"results/{RADIOGRAPHS}/sites.png",
        sites_svg=reported(
            f"results/{RADIOGRAPHS}/sites.svg",
            "Chest X-rays",
            "radiograph_sites",
            radiographs="{dataset}",
            shown="new sites",
        ),
        shortcuts=f"results/{RADIOGRAPHS}/shortcuts.png",
        shortcuts_svg=reported(
            f"results/{RADIOGRAPHS}/shortcuts.svg",
            "Chest X-rays",
            "radiograph_shortcuts",
            radiographs="{dataset}",
            shown="whole, lungs, background",
        ),
        roc=f"results/{RADIOGRAPHS}/roc.png",
        roc_svg=reported(
            f"results/{RADIOGRAPHS}/roc.svg",
            "Chest X-rays",
            "radiograph_roc",
            radiographs="{dataset}",
            shown="operating points",
        ),
        confusion=f"results/{RADIOGRAPHS}/confusion.png",
        confusion_svg=reported(
            f"results/{RADIOGRAPHS}/confusion.svg",
            "Chest X-rays",
            "radiograph_confusion",
            radiographs="{dataset}",
            shown="confusion",
        ),
        calibration=f"results/{RADIOGRAPHS}/calibration.png",
        calibration_svg=reported(
            f"results/{RADIOGRAPHS}/calibration.svg",
            "Chest X-rays",
            "radiograph_calibration",
            radiographs="{dataset}",
            shown="calibration",
        ),
        learning=f"results/{RADIOGRAPHS}/learning.png",
        learning_svg=reported(
            f"results/{RADIOGRAPHS}/learning.svg",
            "Chest X-rays",
            "radiograph_learning",
            radiographs="{dataset}",
            shown="learning",
        ),
        run=f"results/{RADIOGRAPHS}/summarise_classifiers.run.json",
    log:
        f"logs/{RADIOGRAPHS}/summarise_classifiers.log",
    benchmark:
        f"benchmarks/{RADIOGRAPHS}/summarise_classifiers.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(3000),
        runtime=minutes(60),
    params:
        code=code_version("cxr/summarise_classifiers.py"),
        contrast=setting("radiographs", "dataset", "contrast"),
        baseline=setting("radiographs", "dataset", "baseline"),
        ensembles=setting("radiographs", "dataset", "ensembles"),
        bootstraps=setting("radiographs", "dataset", "bootstraps"),
        source=setting("radiographs", "dataset", "source"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/cxr/summarise_classifiers.py"
