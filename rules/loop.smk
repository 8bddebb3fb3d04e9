"""The loop closed: brains are looked for in the students that they taught."""


rule extract_repeats:
    """Take one region's voxels of the images that were shown again and again."""
    input:
        responses=region_responses,
    output:
        repeats=f"results/{SUBJECT}/{{roi}}/repeats.npz",
        sidecar=f"results/{SUBJECT}/{{roi}}/repeats.json",
        run=f"results/{SUBJECT}/{{roi}}/repeats.run.json",
    log:
        f"logs/{SUBJECT}/{{roi}}/extract_repeats.log",
    benchmark:
        f"benchmarks/{SUBJECT}/{{roi}}/extract_repeats.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("extract_repeats", repeated_items),
        runtime=minutes(10),
    params:
        code=code_version("fmri/extract_repeats.py"),
        region=region_name,
        session=setting("datasets", "dataset", "teaching", "loop", "images"),
        threads=config["threads"],
    script:
        "../scripts/fmri/extract_repeats.py"


rule close_loop:
    """Predict brains from the students of every teacher, on images from which nobody learned."""
    input:
        repeats=lambda wildcards: repeats_files(wildcards.dataset),
        folds=lambda wildcards: subject_files(wildcards.dataset, "folds.tsv"),
        stimuli="results/fmri/{dataset}/stimuli.tsv",
        images=f"results/{IMAGES}/images.npy",
        table=f"results/{IMAGES}/images.tsv",
        files=image_input,
        models=lambda wildcards: student_files(wildcards.dataset, "model.json"),
        every=lambda wildcards: student_files(wildcards.dataset, "every.safetensors"),
        parts=lambda wildcards: student_parts(wildcards.dataset),
    output:
        loop=reported(
            f"results/{IMAGES}/loop.tsv",
            "Brains teach networks",
            "loop_table",
            dataset="{dataset}",
            shown="brains found again, table",
        ),
        figure=f"results/{IMAGES}/loop.png",
        figure_svg=reported(
            f"results/{IMAGES}/loop.svg",
            "Brains teach networks",
            "loop",
            dataset="{dataset}",
            shown="brains found again in students",
        ),
        run=f"results/{IMAGES}/loop.run.json",
    log:
        f"logs/{IMAGES}/close_loop.log",
    benchmark:
        f"benchmarks/{IMAGES}/close_loop.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("close_loop", loop_items),
        runtime=minutes(240),
    params:
        code=code_of(
            "distill/close_loop.py",
            shown=True,
            teacher=teachers,
            image_source=image_source,
            fmri_source=image_brains,
        ),
        plugins=plugins_of(
            teacher=teachers, image_source=image_source, fmri_source=image_brains
        ),
        content=contents_of(image_input, folders=image_content),
        image_source=setting("datasets", "dataset", "teaching", "images", "source"),
        size=setting("datasets", "dataset", "teaching", "images", "size"),
        options=image_options,
        layer=setting("datasets", "dataset", "teaching", "loop", "layer"),
        n_folds=setting("datasets", "dataset", "teaching", "loop", "folds"),
        source=setting("datasets", "dataset", "source"),
        variants=teaching_variants,
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/distill/close_loop.py"
