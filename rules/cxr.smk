"""Chest X-rays: transfer learning, whole persons on one side of a split, and where it looked."""

FILMS = "cxr/{dataset}"
CLASSIFIED = "cxr/{dataset}/{case}/{classifier}"


rule simulate_films:
    """Simulate chest films whose lungs and lesions are known."""
    output:
        films=f"results/{FILMS}/films.npy",
        sidecar=f"results/{FILMS}/films.json",
        regions=f"results/{FILMS}/regions.npz",
        regions_sidecar=f"results/{FILMS}/regions.json",
        table=f"results/{FILMS}/films.tsv",
        dropped=f"results/{FILMS}/dropped.tsv",
        run=f"results/{FILMS}/simulate_films.run.json",
    log:
        f"logs/{FILMS}/simulate_films.log",
    benchmark:
        f"benchmarks/{FILMS}/simulate_films.tsv"
    wildcard_constraints:
        dataset=films_with_source("simulated"),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(2000),
        runtime=minutes(30),
    params:
        code=code_version("cxr/simulate_films.py"),
        simulation=film_setting("simulation"),
        size=film_setting("size"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/cxr/simulate_films.py"


rule list_films:
    """Read and check the user's chest films."""
    input:
        source=film_input,
    output:
        films=f"results/{FILMS}/films.npy",
        sidecar=f"results/{FILMS}/films.json",
        regions=f"results/{FILMS}/regions.npz",
        regions_sidecar=f"results/{FILMS}/regions.json",
        table=f"results/{FILMS}/films.tsv",
        dropped=f"results/{FILMS}/dropped.tsv",
        run=f"results/{FILMS}/list_films.run.json",
    log:
        f"logs/{FILMS}/list_films.log",
    benchmark:
        f"benchmarks/{FILMS}/list_films.tsv"
    wildcard_constraints:
        dataset=films_with_source("files"),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(3000),
        runtime=minutes(60),
    params:
        code=code_version("cxr/list_films.py"),
        content=film_content,
        classes=film_setting("classes"),
        size=film_setting("size"),
        white=film_white,
        threads=config["threads"],
    script:
        "../scripts/cxr/list_films.py"


rule split_films:
    """Split films into folds, once, by person and by image."""
    input:
        table=f"results/{FILMS}/films.tsv",
    output:
        folds=f"results/{FILMS}/folds.tsv",
        balance=f"results/{FILMS}/fold_balance.tsv",
        run=f"results/{FILMS}/split_films.run.json",
    log:
        f"logs/{FILMS}/split_films.log",
    benchmark:
        f"benchmarks/{FILMS}/split_films.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(1000),
        runtime=minutes(10),
    params:
        code=code_version("cxr/split_films.py"),
        folds=film_setting("folds"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/cxr/split_films.py"


rule extract_features:
    """Run the frozen part of a network over all films and views, once for all that share it."""
    input:
        films=f"results/{FILMS}/films.npy",
        regions=f"results/{FILMS}/regions.npz",
        table=f"results/{FILMS}/films.tsv",
        start=front_start,
    output:
        features=f"results/{FILMS}/features/{{front}}/{{kind}}.npy",
        sidecar=f"results/{FILMS}/features/{{front}}/{{kind}}.json",
        run=f"results/{FILMS}/features/{{front}}/{{kind}}.run.json",
    log:
        f"logs/{FILMS}/features/{{front}}/{{kind}}.log",
    benchmark:
        f"benchmarks/{FILMS}/features/{{front}}/{{kind}}.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(4000),
        runtime=minutes(240),
        gpu=1,
    params:
        code=code_version("cxr/extract_features.py"),
        front=front_setting,
        views=film_setting("views"),
        kind="{kind}",
        seed=config["seed"],
        device=config["device"],
        threads=config["threads"],
    script:
        "../scripts/cxr/extract_features.py"


rule train_classifier:
    """Train a classifier, a network a fold, and name the films that each never saw."""
    input:
        films=f"results/{FILMS}/films.npy",
        regions=f"results/{FILMS}/regions.npz",
        table=f"results/{FILMS}/folds.tsv",
        features=classifier_features,
        start=classifier_start,
    output:
        history=f"results/{CLASSIFIED}/{{split}}/history.tsv",
        predictions=f"results/{CLASSIFIED}/{{split}}/predictions.tsv",
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
        mem_mb=scaled(6000),
        runtime=minutes(480),
        gpu=1,
    params:
        code=code_version("cxr/train_classifier.py"),
        classifier=classifier_setting,
        folds=film_setting("folds"),
        views=film_setting("views"),
        seed=config["seed"],
        device=config["device"],
        threads=config["threads"],
    script:
        "../scripts/cxr/train_classifier.py"


rule name_external:
    """Name the films of another set with a trained classifier."""
    input:
        films="results/cxr/{other}/films.npy",
        regions="results/cxr/{other}/regions.npz",
        table="results/cxr/{other}/films.tsv",
        own_films=f"results/{FILMS}/films.npy",
        own_table=f"results/{FILMS}/films.tsv",
        networks=f"results/{CLASSIFIED}/person/networks.safetensors",
        weights=f"results/{CLASSIFIED}/person/weights.safetensors",
        classifier=f"results/{CLASSIFIED}/person/classifier.json",
    output:
        predictions=f"results/{CLASSIFIED}/external/{{other}}/predictions.tsv",
        dropped=f"results/{CLASSIFIED}/external/{{other}}/dropped.tsv",
        facts=f"results/{CLASSIFIED}/external/{{other}}/facts.json",
        run=f"results/{CLASSIFIED}/external/{{other}}/run.json",
    log:
        f"logs/{CLASSIFIED}/external/{{other}}/name_external.log",
    benchmark:
        f"benchmarks/{CLASSIFIED}/external/{{other}}/name_external.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(6000),
        runtime=minutes(240),
        gpu=1,
    params:
        code=code_version("cxr/name_external.py"),
        device=config["device"],
        threads=config["threads"],
    script:
        "../scripts/cxr/name_external.py"


rule map_films:
    """Map where a classifier looked on films that it never saw."""
    input:
        model=f"results/{CLASSIFIED}/person/model.json",
        weights=f"results/{CLASSIFIED}/person/weights.safetensors",
        images=f"results/{CLASSIFIED}/person/images.npz",
    output:
        maps=f"results/{CLASSIFIED}/maps/maps.npz",
        maps_sidecar=f"results/{CLASSIFIED}/maps/maps.json",
        pointing=f"results/{CLASSIFIED}/maps/pointing.tsv",
        figure=report(
            f"results/{CLASSIFIED}/maps/maps.png",
            category="Chest X-rays",
            labels={"films": "{dataset}", "figure": "maps of {classifier}, {case}"},
            caption="captions/film_maps.rst",
        ),
        figure_svg=f"results/{CLASSIFIED}/maps/maps.svg",
        run=f"results/{CLASSIFIED}/maps/run.json",
    log:
        f"logs/{CLASSIFIED}/maps/map_films.log",
    benchmark:
        f"benchmarks/{CLASSIFIED}/maps/map_films.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(4000),
        runtime=minutes(60),
        gpu=1,
    params:
        code=code_version("cxr/map_films.py"),
        seed=config["seed"],
        device=config["device"],
        threads=config["threads"],
    script:
        "../scripts/cxr/map_films.py"


rule summarise_classifiers:
    """Compare all cases, classifiers and splits of a set of films, and draw them."""
    input:
        predictions=lambda wildcards: classifier_files(
            wildcards.dataset, "predictions.tsv"
        ),
        histories=lambda wildcards: classifier_files(wildcards.dataset, "history.tsv"),
        folds=f"results/{FILMS}/folds.tsv",
        external=lambda wildcards: external_files(wildcards.dataset, "predictions.tsv"),
    output:
        metrics=f"results/{FILMS}/metrics.tsv",
        comparisons=f"results/{FILMS}/comparisons.tsv",
        scores=report(
            f"results/{FILMS}/scores.png",
            category="Chest X-rays",
            labels={"films": "{dataset}", "figure": "scores"},
            caption="captions/film_scores.rst",
        ),
        scores_svg=f"results/{FILMS}/scores.svg",
        shortcuts=f"results/{FILMS}/shortcuts.png",
        shortcuts_svg=f"results/{FILMS}/shortcuts.svg",
        confusion=f"results/{FILMS}/confusion.png",
        confusion_svg=f"results/{FILMS}/confusion.svg",
        learning=f"results/{FILMS}/learning.png",
        learning_svg=f"results/{FILMS}/learning.svg",
        calibration=f"results/{FILMS}/calibration.png",
        calibration_svg=f"results/{FILMS}/calibration.svg",
        run=f"results/{FILMS}/summarise_classifiers.run.json",
    log:
        f"logs/{FILMS}/summarise_classifiers.log",
    benchmark:
        f"benchmarks/{FILMS}/summarise_classifiers.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(3000),
        runtime=minutes(60),
    params:
        code=code_version("cxr/summarise_classifiers.py"),
        contrast=film_setting("contrast"),
        baseline=film_setting("baseline"),
        committees=film_setting("committees"),
        bootstraps=film_setting("bootstraps"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/cxr/summarise_classifiers.py"
