"""Networks read neurons: from recordings to frames, and which cells were stimulated."""

SESSION = "calcium/{area}/{session}"
READ = "calcium/{area}/{session}/{reader}"


rule simulate_session:
    """Simulate the movies of a session, on a drawn background or on that of a real movie."""
    input:
        movie=area_input("movie"),
        regions=area_input("regions"),
    output:
        movies=directory(f"results/{SESSION}/movies"),
        contents=f"results/{SESSION}/movies.json",
        recordings=f"results/{SESSION}/recordings.tsv",
        stimulations=f"results/{SESSION}/stimulations.tsv",
        cells=f"results/{SESSION}/cells.tsv",
        truth=f"results/{SESSION}/truth.npz",
        truth_sidecar=f"results/{SESSION}/truth.json",
        run=f"results/{SESSION}/simulate_session.run.json",
    log:
        f"logs/{SESSION}/simulate_session.log",
    benchmark:
        f"benchmarks/{SESSION}/simulate_session.tsv"
    wildcard_constraints:
        area=area_with_source("simulated", "hybrid"),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(2000),
        runtime=minutes(120),
    params:
        code=code_version("calcium/simulate_session.py"),
        content=contents_of(area_input("movie"), area_input("regions")),
        simulation=setting("areas", "area", "simulation"),
        session_settings=setting("areas", "area", "sessions", "session"),
        seed=config["data_seed"],
        threads=config["threads"],
    script:
        "../scripts/calcium/simulate_session.py"


rule list_recordings:
    """Read and check the user's tables and movies of a session."""
    input:
        recordings=area_input("recordings"),
        stimulations=area_input("stimulations"),
        cells=area_input("cells"),
        movies=movie_input,
    output:
        recordings=f"results/{SESSION}/recordings.tsv",
        stimulations=f"results/{SESSION}/stimulations.tsv",
        cells=f"results/{SESSION}/cells.tsv",
        intake=f"results/{SESSION}/intake.json",
        run=f"results/{SESSION}/list_recordings.run.json",
    log:
        f"logs/{SESSION}/list_recordings.log",
    benchmark:
        f"benchmarks/{SESSION}/list_recordings.tsv"
    wildcard_constraints:
        area=area_with_source("tiff"),
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(memory.SMALL),
        runtime=minutes(30),
    params:
        code=code_version("calcium/list_recordings.py"),
        content=contents_of(
            area_input("recordings"),
            area_input("stimulations"),
            area_input("cells"),
            movie_input,
        ),
        selection=setting("areas", "area", "frames"),
        readers=trials_held_out,
        reading=movie_reading,
        folders=movie_folders,
        threads=config["threads"],
    script:
        "../scripts/calcium/list_recordings.py"


rule extract_frames:
    """Read a session's movies once and store the frames around each stimulation."""
    input:
        recordings=f"results/{SESSION}/recordings.tsv",
        stimulations=f"results/{SESSION}/stimulations.tsv",
        cells=f"results/{SESSION}/cells.tsv",
        movies=movie_input,
        contents=movie_contents,
    output:
        frames=f"results/{SESSION}/frames.h5",
        sidecar=f"results/{SESSION}/frames.json",
        table=f"results/{SESSION}/frames.tsv",
        intake=f"results/{SESSION}/frames_intake.json",
        run=f"results/{SESSION}/extract_frames.run.json",
    log:
        f"logs/{SESSION}/extract_frames.log",
    benchmark:
        f"benchmarks/{SESSION}/extract_frames.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("extract_frames", frame_items),
        runtime=minutes(120),
    params:
        code=code_version("calcium/extract_frames.py"),
        content=contents_of(movie_input),
        changed=changed_in(movie_input),
        selection=setting("areas", "area", "frames"),
        register=setting("areas", "area", "register"),
        reading=movie_reading,
        folders=movie_folders,
        threads=config["threads"],
    script:
        "../scripts/calcium/extract_frames.py"


rule check_area:
    """Show what was read of an area's sessions, and what their frames tell of the tables."""
    input:
        frames=lambda wildcards: session_files(wildcards.area, "frames.h5"),
        sidecars=lambda wildcards: session_files(wildcards.area, "frames.json"),
        tables=lambda wildcards: session_files(wildcards.area, "frames.tsv"),
        cells=lambda wildcards: session_files(wildcards.area, "cells.tsv"),
        intakes=area_intakes,
    output:
        facts="results/check/calcium/{area}.json",
        figures=directory("results/check/calcium/{area}.figures"),
        contents="results/check/calcium/{area}.figures.json",
        run="results/check/calcium/{area}.run.json",
    log:
        "logs/check/calcium/{area}.log",
    benchmark:
        "benchmarks/check/calcium/{area}.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("check_area", trace_items),
        runtime=minutes(30),
    params:
        code=code_version("calcium/check_area.py"),
        sessions=lambda wildcards: list(config["areas"][wildcards.area]["sessions"]),
        selection=setting("areas", "area", "frames"),
        exclusion_radius=setting("areas", "area", "exclusion_radius"),
        threads=config["threads"],
    script:
        "../scripts/calcium/check_area.py"


rule train_reader:
    """Train networks that tell which cells were stimulated, and map where they looked."""
    input:
        frames=f"results/{SESSION}/frames.h5",
        table=f"results/{SESSION}/frames.tsv",
        cells=f"results/{SESSION}/cells.tsv",
    output:
        history=f"results/{READ}/metrics.tsv",
        predictions=f"results/{READ}/predictions.npz",
        predictions_sidecar=f"results/{READ}/predictions.json",
        maps=f"results/{READ}/maps.npz",
        maps_sidecar=f"results/{READ}/maps.json",
        map_table=f"results/{READ}/maps.tsv",
        evidence=f"results/{READ}/evidence.npz",
        evidence_sidecar=f"results/{READ}/evidence.json",
        metrics=reported(
            f"results/{READ}/reading.tsv",
            "Networks read neurons",
            "reading_table",
            area="{area}",
            session="{session}",
            reader="{reader}",
            shown="reading, table",
        ),
        recall=f"results/{READ}/recall.tsv",
        summary=f"results/{READ}/metrics.json",
        model=f"results/{READ}/model.json",
        weights=f"results/{READ}/weights.safetensors",
        images=f"results/{READ}/images.npz",
        images_sidecar=f"results/{READ}/images.json",
        run=f"results/{READ}/run.json",
    log:
        f"logs/{READ}/train_reader.log",
    benchmark:
        f"benchmarks/{READ}/train_reader.tsv"
    priority: 10  # the longest of its branch, and others wait for it
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=needed("train_reader", reader_items),
        runtime=minutes(480),
        gpu=1,
    params:
        code=code_version("calcium/train_reader.py"),
        reader=setting("readers", "reader"),
        seed=config["seed"],
        threads=config["threads"],
        precision=config["precision"],
    script:
        "../scripts/calcium/train_reader.py"


rule draw_reading:
    """Draw how well the readers of an area's sessions name the stimulated cells."""
    input:
        metrics=lambda wildcards: expand(
            "results/calcium/{area}/{session}/{reader}/reading.tsv",
            session=config["areas"][wildcards.area]["sessions"],
            area=wildcards.area,
            reader=wildcards.reader,
        ),
        recall=lambda wildcards: expand(
            "results/calcium/{area}/{session}/{reader}/recall.tsv",
            session=config["areas"][wildcards.area]["sessions"],
            area=wildcards.area,
            reader=wildcards.reader,
        ),
    output:
        figure="results/calcium/{area}/reading/{reader}.png",
        figure_svg=reported(
            "results/calcium/{area}/reading/{reader}.svg",
            "Networks read neurons",
            "reading",
            area="{area}",
            session="all",
            reader="{reader}",
            shown="reading",
        ),
        run="results/calcium/{area}/reading/{reader}.run.json",
    log:
        "logs/calcium/{area}/reading/{reader}.log",
    benchmark:
        "benchmarks/calcium/{area}/reading/{reader}.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(memory.SMALL),
        runtime=minutes(10),
    params:
        code=code_version("calcium/draw_reading.py"),
        sessions=lambda wildcards: list(config["areas"][wildcards.area]["sessions"]),
        simulated=area_simulated,
        threads=config["threads"],
    script:
        "../scripts/calcium/draw_reading.py"
