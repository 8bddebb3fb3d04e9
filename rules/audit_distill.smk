"""The audit of teaching: students of surrogates of a brain."""

SURROGATE = f"audit/{DECODED}/{{student}}"


rule audit_students:
    """Teach students by surrogates of a region, labels shifted, as the region teaches them."""
    input:
        voxels=f"results/{SUBJECT}/{{roi}}/voxels.npz",
        folds=f"results/{SUBJECT}/folds.tsv",
        stimuli="results/fmri/{dataset}/stimuli.tsv",
        images=f"results/{IMAGES}/images.npy",
        table=f"results/{IMAGES}/images.tsv",
        start=start_input,
        predictions="results/distill/{dataset}/reference/none/{student}/predictions.npz",
        metrics="results/distill/{dataset}/reference/none/{student}/metrics.json",
    output:
        surrogates=f"results/{SURROGATE}/taught_surrogates.tsv",
        notes=f"results/{SURROGATE}/notes.json",
        run=f"results/{SURROGATE}/run.json",
    log:
        f"logs/{SURROGATE}/audit_students.log",
    benchmark:
        f"benchmarks/{SURROGATE}/audit_students.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("audit_students", student_items),
        runtime=minutes(480),
        gpu=1,
    params:
        code=code_of(
            "distill/audit_students.py",
            decoder=decoder_method,
            teacher=lambda wildcards: ["brain", "none"],
        ),
        plugins=plugins_of(decoder=decoder_method),
        content=contents_of(start_input),
        names=lambda wildcards: [
            wildcards.subject,
            wildcards.roi,
            wildcards.decoder,
            "brain",
            wildcards.student,
        ],
        n_surrogates=config["audit"]["surrogates"],
        decoder=setting("decoders", "decoder", but=("variant",)),
        n_voxels=setting("datasets", "dataset", "rois", "roi", "voxels"),
        calibration_folds=setting("datasets", "dataset", "calibration_folds"),
        n_folds=setting("datasets", "dataset", "folds"),
        fold_by=setting("datasets", "dataset", "fold_by"),
        student=setting("students", "student"),
        seed=config["seed"],
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/distill/audit_students.py"
