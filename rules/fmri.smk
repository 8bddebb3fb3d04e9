"""Brain data from four sources to out-of-fold soft labels."""

SUBJECT = "fmri/{dataset}/{subject}"
DECODED = "fmri/{dataset}/{subject}/{roi}/{decoder}"


rule draw_stimuli:
    """Choose which digits or photographs the simulated subjects see, and which test the students."""
    input:
        folders=photograph_input,
    output:
        stimuli="results/fmri/{dataset}/stimuli.tsv",
        run="results/fmri/{dataset}/stimuli.run.json",
    log:
        "logs/fmri/{dataset}/draw_stimuli.log",
    benchmark:
        "benchmarks/fmri/{dataset}/draw_stimuli.tsv"
    wildcard_constraints:
        dataset=with_source("simulated"),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(memory.SMALL),
        runtime=minutes(5),
    params:
        code=code_version("fmri/draw_stimuli.py"),
        pools=setting("datasets", "dataset", "images"),
        photographs=setting("datasets", "dataset", "photographs"),
        content=contents_of(photograph_input, folders=photograph_content),
        seed=config["data_seed"],
        threads=config["threads"],
    script:
        "../scripts/fmri/draw_stimuli.py"


rule simulate_subject:
    """Decide what one simulated subject sees when."""
    input:
        folders=photograph_input,
    output:
        samples=f"results/{SUBJECT}/samples.tsv",
        intake=f"results/{SUBJECT}/intake.json",
        run=f"results/{SUBJECT}/samples.run.json",
    log:
        f"logs/{SUBJECT}/simulate_subject.log",
    benchmark:
        f"benchmarks/{SUBJECT}/simulate_subject.tsv"
    wildcard_constraints:
        dataset=with_source("simulated"),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(memory.SMALL),
        runtime=minutes(5),
    params:
        code=code_version("fmri/simulate_subject.py"),
        pools=setting("datasets", "dataset", "images"),
        presentation=setting("datasets", "dataset", "presentation"),
        photographs=setting("datasets", "dataset", "photographs"),
        content=contents_of(photograph_input, folders=photograph_content),
        seed=config["data_seed"],
        threads=config["threads"],
    script:
        "../scripts/fmri/simulate_subject.py"


rule simulate_region:
    """Simulate what the scanner records of one region of a subject who looks at digits or photographs."""
    input:
        folders=photograph_input,
    output:
        responses=f"results/{SUBJECT}/{{roi}}/responses.h5",
        sidecar=f"results/{SUBJECT}/{{roi}}/responses.json",
        run=f"results/{SUBJECT}/{{roi}}/responses.run.json",
    log:
        f"logs/{SUBJECT}/{{roi}}/simulate_region.log",
    benchmark:
        f"benchmarks/{SUBJECT}/{{roi}}/simulate_region.tsv"
    wildcard_constraints:
        dataset=with_source("simulated"),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("simulate_region", simulated_region_items),
        runtime=minutes(10),
    params:
        code=code_version("fmri/simulate_region.py"),
        pools=setting("datasets", "dataset", "images"),
        presentation=setting("datasets", "dataset", "presentation"),
        snr=setting("datasets", "dataset", "subjects", "subject", "snr"),
        region=lambda wildcards: {
            key: setting("datasets", "dataset", "rois", "roi")(wildcards)[key]
            for key in ("encoding", "size", "snr")
        },
        tuning=setting("datasets", "dataset", "tuning"),
        photographs=setting("datasets", "dataset", "photographs"),
        content=contents_of(photograph_input, folders=photograph_content),
        seed=config["data_seed"],
        threads=config["threads"],
    script:
        "../scripts/fmri/simulate_region.py"


rule import_subject:
    """Read one subject's brain data from the files that its source names."""
    input:
        unpack(subject_input),
    output:
        samples=f"results/{SUBJECT}/samples.tsv",
        responses=f"results/{SUBJECT}/responses.h5",
        sidecar=f"results/{SUBJECT}/responses.json",
        scan=f"results/{SUBJECT}/scan.npz",
        scan_sidecar=f"results/{SUBJECT}/scan.json",
        intake=f"results/{SUBJECT}/intake.json",
        run=f"results/{SUBJECT}/responses.run.json",
    log:
        f"logs/{SUBJECT}/import_subject.log",
    benchmark:
        f"benchmarks/{SUBJECT}/import_subject.tsv"
    wildcard_constraints:
        dataset=with_source(*registry.having("fmri_source", "read")),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=import_memory,
        runtime=lambda wildcards, attempt: minutes(
            source_needs(wildcards, "MINUTES", 20)
        )(wildcards, attempt),
    params:
        code=code_of("fmri/import_subject.py", fmri_source=fmri_source),
        plugins=plugins_of(fmri_source=fmri_source),
        content=contents_of(subject_input),
        source=setting("datasets", "dataset", "source"),
        options=lambda wildcards: source_entry(wildcards).options(
            config["datasets"][wildcards.dataset], wildcards.subject
        ),
        threads=config["threads"],
    script:
        "../scripts/fmri/import_subject.py"


rule list_stimuli:
    """List what the subjects of a dataset saw, and set aside the images that test the students."""
    input:
        samples=lambda wildcards: subject_files(wildcards.dataset, "samples.tsv"),
        sidecars=lambda wildcards: subject_files(wildcards.dataset, "responses.json"),
    output:
        stimuli="results/fmri/{dataset}/stimuli.tsv",
        run="results/fmri/{dataset}/stimuli.run.json",
    log:
        "logs/fmri/{dataset}/list_stimuli.log",
    benchmark:
        "benchmarks/fmri/{dataset}/list_stimuli.tsv"
    wildcard_constraints:
        dataset=with_source(*registry.having("fmri_source", "read")),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(memory.SMALL),
        runtime=minutes(10),
    params:
        code=code_version("fmri/list_stimuli.py"),
        held_out_per_category=setting("datasets", "dataset", "held_out_per_category"),
        threads=config["threads"],
    script:
        "../scripts/fmri/list_stimuli.py"


rule assign_folds:
    """Deal a subject's training samples to folds, whole runs at a time, once for all decoders."""
    input:
        samples=f"results/{SUBJECT}/samples.tsv",
    output:
        folds=f"results/{SUBJECT}/folds.tsv",
        run=f"results/{SUBJECT}/folds.run.json",
    log:
        f"logs/{SUBJECT}/assign_folds.log",
    benchmark:
        f"benchmarks/{SUBJECT}/assign_folds.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(memory.SMALL),
        runtime=minutes(10),
    params:
        code=code_version("fmri/assign_folds.py"),
        n_folds=setting("datasets", "dataset", "folds"),
        fold_by=setting("datasets", "dataset", "fold_by"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/fmri/assign_folds.py"


rule extract_region:
    """Take one region's voxels of the training samples."""
    input:
        unpack(region_input),
        samples=f"results/{SUBJECT}/samples.tsv",
        folds=f"results/{SUBJECT}/folds.tsv",
        scan=region_scan,
    output:
        voxels=f"results/{SUBJECT}/{{roi}}/voxels.npz",
        sidecar=f"results/{SUBJECT}/{{roi}}/voxels.json",
        places=f"results/{SUBJECT}/{{roi}}/region.npz",
        places_sidecar=f"results/{SUBJECT}/{{roi}}/region.json",
        intake=f"results/{SUBJECT}/{{roi}}/intake.json",
        run=f"results/{SUBJECT}/{{roi}}/voxels.run.json",
    log:
        f"logs/{SUBJECT}/{{roi}}/extract_region.log",
    benchmark:
        f"benchmarks/{SUBJECT}/{{roi}}/extract_region.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=region_memory,
        runtime=lambda wildcards, attempt: minutes(
            region_needs(wildcards, "MINUTES", 10)
        )(wildcards, attempt),
    params:
        code=code_of("fmri/extract_region.py", fmri_source=region_source),
        plugins=plugins_of(fmri_source=region_source),
        content=contents_of(region_input),
        source=setting("datasets", "dataset", "source"),
        options=region_options,
        region=region_name,
        threads=config["threads"],
    script:
        "../scripts/fmri/extract_region.py"


rule export_bdata:
    """Write one subject's brain data as a BData file, for bdpy and other readers."""
    input:
        samples=f"results/{SUBJECT}/samples.tsv",
        responses=whole_responses,
        sidecar=responses_sidecar,
        voxels=read_apart("voxels.npz"),
        regions=read_apart("region.npz"),
    output:
        bdata=f"results/{SUBJECT}/bdata.h5",
        sidecar=f"results/{SUBJECT}/bdata.json",
        run=f"results/{SUBJECT}/bdata.run.json",
    log:
        f"logs/{SUBJECT}/export_bdata.log",
    benchmark:
        f"benchmarks/{SUBJECT}/export_bdata.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("export_bdata", joined_items),
        runtime=minutes(20),
    params:
        code=code_version("fmri/export_bdata.py"),
        threads=config["threads"],
    script:
        "../scripts/fmri/export_bdata.py"


rule decode_linear:
    """Decode a region with a linear classifier: out-of-fold soft labels."""
    input:
        voxels=f"results/{SUBJECT}/{{roi}}/voxels.npz",
        regions=compared_regions,
        folds=f"results/{SUBJECT}/folds.tsv",
        stimuli="results/fmri/{dataset}/stimuli.tsv",
    output:
        logits=f"results/{DECODED}/logits.npy",
        logits_sidecar=f"results/{DECODED}/logits.json",
        soft_labels=f"results/{DECODED}/soft_labels.npy",
        soft_labels_sidecar=f"results/{DECODED}/soft_labels.json",
        samples=f"results/{DECODED}/samples.npz",
        samples_sidecar=f"results/{DECODED}/samples.json",
        run=f"results/{DECODED}/run.json",
    log:
        f"logs/{DECODED}/decode_linear.log",
    benchmark:
        f"benchmarks/{DECODED}/decode_linear.tsv"
    wildcard_constraints:
        decoder=only(decoders_with("decode")),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("decode_linear", linear_items),
        runtime=minutes(240),
    params:
        code=code_of(
            "fmri/decode_linear.py", decoder=decoder_method, variant=decoder_variant
        ),
        plugins=plugins_of(decoder=decoder_method),
        decoder=setting("decoders", "decoder", but=("variant",)),
        variant=asked_variant,
        n_voxels=setting("datasets", "dataset", "rois", "roi", "voxels"),
        calibration_folds=setting("datasets", "dataset", "calibration_folds"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/fmri/decode_linear.py"


rule decode_network:
    """Decode a region with a network, e.g. the study's 1-D ResNet18: the same results as decode_linear."""
    input:
        voxels=f"results/{SUBJECT}/{{roi}}/voxels.npz",
        regions=compared_regions,
        folds=f"results/{SUBJECT}/folds.tsv",
        stimuli="results/fmri/{dataset}/stimuli.tsv",
    output:
        logits=f"results/{DECODED}/logits.npy",
        logits_sidecar=f"results/{DECODED}/logits.json",
        soft_labels=f"results/{DECODED}/soft_labels.npy",
        soft_labels_sidecar=f"results/{DECODED}/soft_labels.json",
        samples=f"results/{DECODED}/samples.npz",
        samples_sidecar=f"results/{DECODED}/samples.json",
        model=f"results/{DECODED}/model.json",
        weights=f"results/{DECODED}/weights.safetensors",
        images=f"results/{DECODED}/images.npz",
        images_sidecar=f"results/{DECODED}/images.json",
        run=f"results/{DECODED}/run.json",
    log:
        f"logs/{DECODED}/decode_network.log",
    benchmark:
        f"benchmarks/{DECODED}/decode_network.tsv"
    wildcard_constraints:
        decoder=only(decoders_with("KEEPS_NETWORK")),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("decode_network", decoding_network_items),
        runtime=minutes(240),
        gpu=1,
    params:
        code=code_of(
            "fmri/decode_network.py", decoder=decoder_method, variant=decoder_variant
        ),
        plugins=plugins_of(decoder=decoder_method),
        decoder=setting("decoders", "decoder", but=("variant",)),
        variant=asked_variant,
        n_voxels=setting("datasets", "dataset", "rois", "roi", "voxels"),
        calibration_folds=setting("datasets", "dataset", "calibration_folds"),
        seed=config["seed"],
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/fmri/decode_network.py"


use rule decode_network as decode_other_network with:
    output:
        logits=f"results/{DECODED}/logits.npy",
        logits_sidecar=f"results/{DECODED}/logits.json",
        soft_labels=f"results/{DECODED}/soft_labels.npy",
        soft_labels_sidecar=f"results/{DECODED}/soft_labels.json",
        samples=f"results/{DECODED}/samples.npz",
        samples_sidecar=f"results/{DECODED}/samples.json",
        run=f"results/{DECODED}/run.json",
    wildcard_constraints:
        decoder=only(other_networks()),


rule assess_decoding:
    """Score what a decoder predicted out of fold, beside a null of permuted labels."""
    input:
        voxels=f"results/{SUBJECT}/{{roi}}/voxels.npz",
        folds=f"results/{SUBJECT}/folds.tsv",
        stimuli="results/fmri/{dataset}/stimuli.tsv",
        samples=f"results/{DECODED}/samples.npz",
        sidecar=f"results/{DECODED}/samples.json",
    output:
        metrics=f"results/{DECODED}/metrics.json",
        null=f"results/{DECODED}/null.npy",
        null_sidecar=f"results/{DECODED}/null.json",
        run=f"results/{DECODED}/metrics.run.json",
    log:
        f"logs/{DECODED}/assess_decoding.log",
    benchmark:
        f"benchmarks/{DECODED}/assess_decoding.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("assess_decoding", null_items),
        runtime=minutes(240),
    params:
        code=code_of(
            "fmri/assess_decoding.py", decoder=decoder_method, variant=decoder_variant
        ),
        plugins=plugins_of(decoder=decoder_method),
        permutations=setting("datasets", "dataset", "permutations"),
        threads=config["threads"],
    script:
        "../scripts/fmri/assess_decoding.py"


rule summarise_decoding:
    """Gather a dataset's decoders in one table, with a row for the group, and draw it."""
    input:
        metrics=lambda wildcards: decoded_files(wildcards.dataset, "metrics.json"),
        nulls=lambda wildcards: decoded_files(wildcards.dataset, "null.npy"),
        samples=lambda wildcards: decoded_files(wildcards.dataset, "samples.npz"),
        sidecars=lambda wildcards: decoded_files(wildcards.dataset, "samples.json"),
        folds=lambda wildcards: subject_files(wildcards.dataset, "folds.tsv"),
    output:
        table=reported(
            "results/fmri/{dataset}/decoding.tsv",
            "Brain decoding",
            "decoding_table",
            dataset="{dataset}",
            shown="accuracies, table",
        ),
        figure="results/fmri/{dataset}/decoding.png",
        figure_svg=reported(
            "results/fmri/{dataset}/decoding.svg",
            "Brain decoding",
            "decoding",
            dataset="{dataset}",
            shown="accuracies",
        ),
        matrix="results/fmri/{dataset}/matrix.png",
        matrix_svg=reported(
            "results/fmri/{dataset}/matrix.svg",
            "Brain decoding",
            "decoding_matrix",
            dataset="{dataset}",
            shown="accuracies, region by subject",
        ),
        confusion="results/fmri/{dataset}/confusion.png",
        confusion_svg=reported(
            "results/fmri/{dataset}/confusion.svg",
            "Brain decoding",
            "decoding_confusion",
            dataset="{dataset}",
            shown="confusion",
        ),
        calibration="results/fmri/{dataset}/calibration.png",
        calibration_svg=reported(
            "results/fmri/{dataset}/calibration.svg",
            "Brain decoding",
            "decoding_calibration",
            dataset="{dataset}",
            shown="calibration",
        ),
        run="results/fmri/{dataset}/decoding.run.json",
    log:
        "logs/fmri/{dataset}/summarise_decoding.log",
    benchmark:
        "benchmarks/fmri/{dataset}/summarise_decoding.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("summarise_decoding", judged_items),
        runtime=minutes(10),
    params:
        code=code_version("fmri/summarise_decoding.py"),
        source=setting("datasets", "dataset", "source"),
        threads=config["threads"],
    script:
        "../scripts/fmri/summarise_decoding.py"
