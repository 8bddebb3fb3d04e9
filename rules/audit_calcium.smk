"""The audit of calcium imaging: surrogates through reading, and leaks, of each session and reader."""

AUDITED = "audit/calcium/{area}/{session}/{reader}"


rule find_reader_leaks:
    """Look for ways in which a reader of a session could know patterns without a response."""
    input:
        frames=f"results/{SESSION}/frames.h5",
        table=f"results/{SESSION}/frames.tsv",
        cells=f"results/{SESSION}/cells.tsv",
        recordings=f"results/{SESSION}/recordings.tsv",
        movies=movie_input,
        contents=movie_contents,
    output:
        flags=f"results/{AUDITED}/leaks.json",
        run=f"results/{AUDITED}/find_reader_leaks.run.json",
    log:
        f"logs/{AUDITED}/find_reader_leaks.log",
    benchmark:
        f"benchmarks/{AUDITED}/find_reader_leaks.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("find_reader_leaks", leak_items),
        runtime=minutes(120),
    params:
        code=code_version("calcium/find_reader_leaks.py"),
        content=contents_of(movie_input),
        changed=changed_in(movie_input),
        reader=setting(
            "readers", "reader", only=("input", "split", "last_trials", "folds")
        ),
        of=lambda wildcards: f"{wildcards.session}, {wildcards.reader}",
        folders=movie_folders,
        exclusion_radius=setting("areas", "area", "exclusion_radius"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/calcium/find_reader_leaks.py"


rule train_surrogate_readers:
    """Train readers on surrogates of a session, and judge them as those of the session are."""
    input:
        frames=f"results/{SESSION}/frames.h5",
        table=f"results/{SESSION}/frames.tsv",
        cells=f"results/{SESSION}/cells.tsv",
    output:
        surrogates=f"results/{AUDITED}/surrogates.tsv",
        flags=f"results/{AUDITED}/not_done.json",
        run=f"results/{AUDITED}/train_surrogate_readers.run.json",
    log:
        f"logs/{AUDITED}/train_surrogate_readers.log",
    benchmark:
        f"benchmarks/{AUDITED}/train_surrogate_readers.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        # One network at a time, as in train_reader; 30 times as many of them.
        mem_mb=needed("train_surrogate_readers", surrogate_reader_items),
        runtime=minutes(2880),
        gpu=1,
    params:
        code=code_version("calcium/train_surrogate_readers.py"),
        reader=setting("readers", "reader"),
        of=lambda wildcards: f"{wildcards.session}, {wildcards.reader}",
        number=config["audit"]["surrogates"],
        seed=config["seed"],
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/calcium/train_surrogate_readers.py"
