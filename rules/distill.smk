"""Brains teach image classifiers: students of the brain, of controls, and the ablation."""

IMAGES = "distill/{dataset}"
REFERENCE = "distill/{dataset}/reference/{teacher}/{student}"
TAUGHT = "distill/{dataset}/{subject}/{roi}/{decoder}/{teacher}/{student}"
ASSIGNED = "distill/{dataset}/{subject}/{roi}/{decoder}/withinclass/{student}"


rule prepare_images:
    """Read the students' images at one size and say which of them teach and which test."""
    input:
        stimuli="results/fmri/{dataset}/stimuli.tsv",
        files=image_input,
    output:
        images=f"results/{IMAGES}/images.npy",
        sidecar=f"results/{IMAGES}/images.json",
        table=f"results/{IMAGES}/images.tsv",
        intake=f"results/{IMAGES}/intake.json",
        run=f"results/{IMAGES}/images.run.json",
    log:
        f"logs/{IMAGES}/prepare_images.log",
    benchmark:
        f"benchmarks/{IMAGES}/prepare_images.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("prepare_images", image_items),
        runtime=minutes(30),
    params:
        code=code_of(
            "distill/prepare_images.py",
            image_source=image_source,
            fmri_source=image_brains,
        ),
        plugins=plugins_of(image_source=image_source, fmri_source=image_brains),
        source=setting("datasets", "dataset", "teaching", "images", "source"),
        size=setting("datasets", "dataset", "teaching", "images", "size"),
        options=image_options,
        content=contents_of(image_input, folders=image_content),
        threads=config["threads"],
    script:
        "../scripts/distill/prepare_images.py"


rule train_cnn_teacher:
    """Train a larger network on the same images and keep its out-of-fold logits."""
    input:
        images=f"results/{IMAGES}/images.npy",
        table=f"results/{IMAGES}/images.tsv",
    output:
        logits="results/distill/{dataset}/cnn/{student}/logits.npy",
        sidecar="results/distill/{dataset}/cnn/{student}/logits.json",
        model="results/distill/{dataset}/cnn/{student}/model.json",
        weights="results/distill/{dataset}/cnn/{student}/weights.safetensors",
        images="results/distill/{dataset}/cnn/{student}/images.npz",
        images_sidecar="results/distill/{dataset}/cnn/{student}/images.json",
        run="results/distill/{dataset}/cnn/{student}/run.json",
    log:
        "logs/distill/{dataset}/cnn/{student}/train_cnn_teacher.log",
    benchmark:
        "benchmarks/distill/{dataset}/cnn/{student}/train_cnn_teacher.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("train_cnn_teacher", cnn_teacher_items),
        runtime=minutes(240),
        gpu=1,
    params:
        code=code_version("distill/train_cnn_teacher.py"),
        student=setting(
            "students", "student", but=("how", "temperature", "alpha", "weights")
        ),
        depth=setting("datasets", "dataset", "teaching", "cnn_depth"),
        folds=setting("datasets", "dataset", "teaching", "cnn_folds"),
        seed=config["seed"],
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/distill/train_cnn_teacher.py"


rule train_gabor_teacher:
    """Fit ridge regression on Gabor energies of the same images and keep its out-of-fold logits."""
    input:
        images=f"results/{IMAGES}/images.npy",
        table=f"results/{IMAGES}/images.tsv",
    output:
        logits="results/distill/{dataset}/gabor/logits.npy",
        sidecar="results/distill/{dataset}/gabor/logits.json",
        run="results/distill/{dataset}/gabor/run.json",
    log:
        "logs/distill/{dataset}/gabor/train_gabor_teacher.log",
    benchmark:
        "benchmarks/distill/{dataset}/gabor/train_gabor_teacher.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("train_gabor_teacher", gabor_items),
        runtime=minutes(120),
    params:
        code=code_of("distill/train_gabor_teacher.py", decoder=gabor_decoder),
        folds=setting("datasets", "dataset", "teaching", "cnn_folds"),
        calibration_folds=setting("datasets", "dataset", "calibration_folds"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/distill/train_gabor_teacher.py"


rule train_students:
    """Train students, one per seed, on images that a brain or one of its controls teaches."""
    input:
        images=f"results/{IMAGES}/images.npy",
        table=f"results/{IMAGES}/images.tsv",
        logits="results/fmri/{dataset}/{subject}/{roi}/{decoder}/logits.npy",
        beside=logits_beside,
        start=start_input,
    output:
        **every_seed(TAUGHT),
        history=f"results/{TAUGHT}/metrics.tsv",
        predictions=f"results/{TAUGHT}/predictions.npz",
        predictions_sidecar=f"results/{TAUGHT}/predictions.json",
        model=f"results/{TAUGHT}/model.json",
        weights=f"results/{TAUGHT}/weights.safetensors",
        images=f"results/{TAUGHT}/images.npz",
        images_sidecar=f"results/{TAUGHT}/images.json",
        metrics=f"results/{TAUGHT}/metrics.json",
        teacher=f"results/{TAUGHT}/teacher.json",
        run=f"results/{TAUGHT}/run.json",
    log:
        f"logs/{TAUGHT}/train_students.log",
    benchmark:
        f"benchmarks/{TAUGHT}/train_students.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("train_students", student_items),
        runtime=minutes(480),
        gpu=1,
    params:
        code=code_of("distill/train_students.py", teacher=one_teacher),
        plugins=plugins_of(teacher=one_teacher),
        content=contents_of(start_input),
        student=student_settings,
        outcomes=outcomes_of_networks,
        keep_every=keeps_every_seed(),
        n_seeds=setting("datasets", "dataset", "teaching", "seeds"),
        seed=config["seed"],
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/distill/train_students.py"


use rule train_students as train_reference_students with:
    input:
        images=f"results/{IMAGES}/images.npy",
        table=f"results/{IMAGES}/images.tsv",
        logits=reference_logits,
        beside=logits_beside,
        start=start_input,
    output:
        **every_seed(REFERENCE),
        history=f"results/{REFERENCE}/metrics.tsv",
        predictions=f"results/{REFERENCE}/predictions.npz",
        predictions_sidecar=f"results/{REFERENCE}/predictions.json",
        model=f"results/{REFERENCE}/model.json",
        weights=f"results/{REFERENCE}/weights.safetensors",
        images=f"results/{REFERENCE}/images.npz",
        images_sidecar=f"results/{REFERENCE}/images.json",
        metrics=f"results/{REFERENCE}/metrics.json",
        teacher=f"results/{REFERENCE}/teacher.json",
        run=f"results/{REFERENCE}/run.json",
    log:
        f"logs/{REFERENCE}/train_students.log",
    benchmark:
        f"benchmarks/{REFERENCE}/train_students.tsv"
    wildcard_constraints:
        teacher=only(
            name
            for name in registry.names("teacher")
            if registry.entry("teacher", name).NEEDS != "brain"
        ),


rule train_assignments:
    """Train students on soft labels dealt anew within classes, for the exact test of images."""
    input:
        images=f"results/{IMAGES}/images.npy",
        table=f"results/{IMAGES}/images.tsv",
        logits="results/fmri/{dataset}/{subject}/{roi}/{decoder}/logits.npy",
        start=start_input,
    output:
        predictions=f"results/{ASSIGNED}/assignments.npz",
        sidecar=f"results/{ASSIGNED}/assignments.json",
        run=f"results/{ASSIGNED}/assignments.run.json",
    log:
        f"logs/{ASSIGNED}/train_assignments.log",
    benchmark:
        f"benchmarks/{ASSIGNED}/train_assignments.tsv"
    priority: 10  # the longest of its branch, and others wait for it
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("train_assignments", student_items),
        runtime=minutes(480),
        gpu=1,
    params:
        code=code_version("distill/train_assignments.py"),
        content=contents_of(start_input),
        student=setting("students", "student"),
        assignments=setting("datasets", "dataset", "teaching", "assignments"),
        n_seeds=setting("datasets", "dataset", "teaching", "assignment_seeds"),
        at_once=setting("datasets", "dataset", "teaching", "seeds"),
        seed=config["seed"],
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/distill/train_assignments.py"


rule watch_teaching:
    """Show images, what brains said of them, and what students answer whom they taught or did not."""
    input:
        images=f"results/{IMAGES}/images.npy",
        table=f"results/{IMAGES}/images.tsv",
        predictions=lambda wildcards: watched_students(
            wildcards.dataset, "predictions.npz"
        ),
        models=lambda wildcards: watched_students(wildcards.dataset, "model.json"),
        parts=lambda wildcards: watched_students(
            wildcards.dataset, "weights.safetensors", "images.npz"
        ),
        logits=lambda wildcards: watched_logits(wildcards.dataset),
    output:
        watched=reported(
            "results/distill/{dataset}/watched.json",
            "Brains teach networks",
            "watched",
            dataset="{dataset}",
            shown="images, and what was said of them",
        ),
        run="results/distill/{dataset}/watched.run.json",
    log:
        "logs/distill/{dataset}/watch_teaching.log",
    benchmark:
        "benchmarks/distill/{dataset}/watch_teaching.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("watch_teaching", watched_items),
        runtime=minutes(60),
    params:
        code=code_version("distill/watch_teaching.py"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/distill/watch_teaching.py"


rule summarise_ablation:
    """Compare every teacher with its controls, region by region, and draw the ablation."""
    input:
        predictions=lambda wildcards: student_files(wildcards.dataset),
        metrics=lambda wildcards: student_files(wildcards.dataset, "metrics.json"),
        assignments=lambda wildcards: assignment_files(wildcards.dataset),
    output:
        table=reported(
            "results/distill/{dataset}/ablation.tsv",
            "Brains teach networks",
            "ablation_table",
            dataset="{dataset}",
            shown="students, table",
        ),
        comparisons=reported(
            "results/distill/{dataset}/comparisons.tsv",
            "Brains teach networks",
            "comparisons_table",
            dataset="{dataset}",
            shown="comparisons, table",
        ),
        verdicts=reported(
            "results/distill/{dataset}/verdicts.tsv",
            "Brains teach networks",
            "verdicts_table",
            dataset="{dataset}",
            shown="verdicts, table",
        ),
        figure="results/distill/{dataset}/ablation.png",
        figure_svg=reported(
            "results/distill/{dataset}/ablation.svg",
            "Brains teach networks",
            "ablation",
            dataset="{dataset}",
            shown="ablation",
        ),
        forest="results/distill/{dataset}/forest.png",
        forest_svg=reported(
            "results/distill/{dataset}/forest.svg",
            "Brains teach networks",
            "forest",
            dataset="{dataset}",
            shown="brains less each control",
        ),
        matrix="results/distill/{dataset}/matrix.png",
        matrix_svg=reported(
            "results/distill/{dataset}/matrix.svg",
            "Brains teach networks",
            "differences_matrix",
            dataset="{dataset}",
            shown="brains less each control, region by subject",
        ),
        run="results/distill/{dataset}/ablation.run.json",
    log:
        "logs/distill/{dataset}/summarise_ablation.log",
    benchmark:
        "benchmarks/distill/{dataset}/summarise_ablation.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("summarise_ablation", compared_items),
        runtime=minutes(60),
    params:
        code=code_of("distill/summarise_ablation.py", shown=True, teacher=teachers),
        plugins=plugins_of(teacher=teachers),
        variants=teaching_variants,
        varied=varied_decoders,
        source=setting("datasets", "dataset", "source"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/distill/summarise_ablation.py"
