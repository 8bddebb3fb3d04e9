"""The audit of brain data: ways in which labels leak, and surrogates through decoding."""


rule audit_brain:
    """Look for ways in which labels of one subject leak, through folds, scaling or the scan."""
    input:
        samples=f"results/{SUBJECT}/samples.tsv",
        responses=whole_responses,
        voxels=read_apart("voxels.npz"),
        regions=read_apart("region.npz"),
        folds=f"results/{SUBJECT}/folds.tsv",
        stimuli="results/fmri/{dataset}/stimuli.tsv",
        scan=scan_input,
        bold=scanned("bold"),
        confounds=scanned("confounds"),
    output:
        flags=f"results/audit/{SUBJECT}/flags.json",
        run=f"results/audit/{SUBJECT}/flags.run.json",
    log:
        f"logs/audit/{SUBJECT}/audit_brain.log",
    benchmark:
        f"benchmarks/audit/{SUBJECT}/audit_brain.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("audit_brain", audited_brain_items),
        runtime=lambda wildcards, attempt: minutes(
            2 * source_needs(wildcards, "MINUTES", 20)
        )(wildcards, attempt),
    params:
        code=code_of("fmri/audit_brain.py", fmri_source=fmri_source),
        plugins=plugins_of(fmri_source=fmri_source),
        content=contents_of(scanned("bold"), scanned("confounds")),
        source=setting("datasets", "dataset", "source"),
        shift=label_shift,
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/fmri/audit_brain.py"


rule audit_decoding:
    """Decode surrogates of a region, labels shifted or phases randomised, as the region is decoded."""
    input:
        voxels=f"results/{SUBJECT}/{{roi}}/voxels.npz",
        folds=f"results/{SUBJECT}/folds.tsv",
        stimuli="results/fmri/{dataset}/stimuli.tsv",
    output:
        surrogates=f"results/audit/{DECODED}/surrogates.tsv",
        notes=f"results/audit/{DECODED}/notes.json",
        run=f"results/audit/{DECODED}/run.json",
    log:
        f"logs/audit/{DECODED}/audit_decoding.log",
    benchmark:
        f"benchmarks/audit/{DECODED}/audit_decoding.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("audit_decoding", audited_decoding_items),
        runtime=minutes(480),
        gpu=lambda wildcards: int(wildcards.decoder not in decoders_with("decode")),
    params:
        code=code_of("fmri/audit_decoding.py", decoder=decoder_method),
        plugins=plugins_of(decoder=decoder_method),
        of=lambda wildcards: f"{wildcards.subject}, {wildcards.roi}, {wildcards.decoder}",
        n_surrogates=config["audit"]["surrogates"],
        permutations=config["audit"]["permutations"],
        decoder=setting("decoders", "decoder", but=("variant",)),
        n_voxels=setting("datasets", "dataset", "rois", "roi", "voxels"),
        calibration_folds=setting("datasets", "dataset", "calibration_folds"),
        n_folds=setting("datasets", "dataset", "folds"),
        fold_by=setting("datasets", "dataset", "fold_by"),
        seed=config["seed"],
        threads=config["threads"],
        precision=lambda wildcards: (
            None
            if wildcards.decoder in decoders_with("decode")
            else config["precision"]
        ),
    script:
        "../scripts/fmri/audit_decoding.py"
