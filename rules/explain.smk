"""Looking inside networks: any trained here, and any that a model.json describes."""

EXPLAINED = "explain/{model}/{method}"


rule explain:
    """Look into the networks of this config with every method."""
    input:
        whole(
            [
                "results/explain/models.tsv",
                *expand(
                    "results/explain/{model}/gallery.html",
                    model=config["explain"]["models"],
                ),
            ],
            lambda: explain_jobs(),
        ),
    localrule: True


rule register_models:
    """List every network that this config trains."""
    input:
        models=trained_models(),
    output:
        table="results/explain/models.tsv",
        run="results/explain/models.run.json",
    log:
        "logs/explain/register_models.log",
    benchmark:
        "benchmarks/explain/register_models.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(2 * memory.SMALL),
        runtime=minutes(30),
    params:
        code=code_of("explain/register_models.py", backbone=trained_backbones),
        plugins=plugins_of(backbone=trained_backbones),
        threads=config["threads"],
    script:
        "../scripts/explain/register_models.py"


rule train_randomised:
    """Train the same network on permuted labels: maps that stay the same tell nothing of labels."""
    input:
        model=model_input,
        parts=model_parts,
    output:
        weights="results/explain/{model}/randomised/weights.safetensors",
        metrics="results/explain/{model}/randomised/metrics.json",
        run="results/explain/{model}/randomised/run.json",
    log:
        "logs/explain/{model}/randomised/train_randomised.log",
    benchmark:
        "benchmarks/explain/{model}/randomised/train_randomised.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("train_randomised", explained_items),
        runtime=minutes(120),
        gpu=1,
    params:
        code=code_of("explain/train_randomised.py", backbone=model_backbone),
        plugins=plugins_of(backbone=model_backbone),
        content=contents_of(model_input, model_parts, folders=model_content),
        label_images=config["explain"]["settings"]["label_images"],
        seed=config["seed"],
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/explain/train_randomised.py"


rule attribute_images:
    """Attribute what a network names to the pixels of its images, and test the method."""
    input:
        model=model_input,
        parts=model_parts,
        randomised="results/explain/{model}/randomised/weights.safetensors",
        randomised_metrics="results/explain/{model}/randomised/metrics.json",
    output:
        result=f"results/{EXPLAINED}/result.json",
        folder=directory(f"results/{EXPLAINED}/files"),
        contents=f"results/{EXPLAINED}/files.json",
        run=f"results/{EXPLAINED}/run.json",
    log:
        f"logs/{EXPLAINED}/attribute_images.log",
    benchmark:
        f"benchmarks/{EXPLAINED}/attribute_images.tsv"
    wildcard_constraints:
        method=only(registry.having("method", "attribute")),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("attribute_images", explained_items),
        runtime=minutes(120),
        gpu=1,
    params:
        code=code_of(
            "explain/attribute_images.py",
            shown=True,
            method=one_method,
            backbone=model_backbone,
        ),
        plugins=plugins_of(method=one_method, backbone=model_backbone),
        content=contents_of(model_input, model_parts, folders=model_content),
        settings=setting("explain", "settings", but=("label_images",)),
        options=method_options,
        seed=config["seed"],
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/explain/attribute_images.py"


rule look_inside:
    """Look at what a network's units and embedding hold."""
    input:
        model=model_input,
        parts=model_parts,
    output:
        result=f"results/{EXPLAINED}/result.json",
        folder=directory(f"results/{EXPLAINED}/files"),
        contents=f"results/{EXPLAINED}/files.json",
        run=f"results/{EXPLAINED}/run.json",
    log:
        f"logs/{EXPLAINED}/look_inside.log",
    benchmark:
        f"benchmarks/{EXPLAINED}/look_inside.tsv"
    wildcard_constraints:
        method=only(registry.having("method", "look")),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("look_inside", explained_items),
        runtime=minutes(120),
        gpu=1,
    params:
        code=code_of(
            "explain/look_inside.py",
            shown=True,
            method=one_method,
            backbone=model_backbone,
        ),
        plugins=plugins_of(method=one_method, backbone=model_backbone),
        content=contents_of(model_input, model_parts, folders=model_content),
        options=method_options,
        seed=config["seed"],
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/explain/look_inside.py"


rule write_gallery:
    """Write one page that leafs through what was found in a network, and what was read of it."""
    input:
        model=model_input,
        parts=model_parts,
        results=lambda wildcards: explained_files(wildcards.model, "result.json"),
        folders=explained_folders,
        contents=lambda wildcards: explained_files(wildcards.model, "files.json"),
    output:
        page=reported(
            "results/explain/{model}/gallery.html",
            "Inside the networks",
            "gallery",
            network="{model}",
            shown="gallery",
        ),
        facts=reported(
            "results/explain/{model}/gallery.json",
            "Inside the networks",
            "gallery_facts",
            network="{model}",
            shown="what it is",
        ),
        sanity=reported(
            "results/explain/{model}/sanity.tsv",
            "Inside the networks",
            "sanity_table",
            network="{model}",
            shown="tests of the methods, table",
        ),
        intake="results/explain/{model}/intake.json",
        run="results/explain/{model}/gallery.run.json",
    log:
        "logs/explain/{model}/write_gallery.log",
    benchmark:
        "benchmarks/explain/{model}/write_gallery.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(2 * memory.SMALL),
        runtime=minutes(30),
    params:
        code=code_of(
            "explain/write_gallery.py",
            shown=True,
            method=all_methods,
            backbone=model_backbone,
        ),
        plugins=plugins_of(method=all_methods, backbone=model_backbone),
        content=contents_of(model_input, model_parts, folders=model_content),
        changed=changed_in(explained_folders),
        simulated=model_simulated,
        threads=config["threads"],
    script:
        "../scripts/explain/write_gallery.py"
