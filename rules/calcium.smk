"""Networks read neurons: which cells were stimulated, where the network looked, what changed."""

SESSION = "calcium/{area}/{session}"
READ = "calcium/{area}/{session}/{reader}"
COMPARED = "calcium/{area}/compare/{session_a}__{session_b}/{reader}"


rule simulate_session:
    """Simulate the movies of a session, on a drawn background or on that of a real movie."""
    input:
        movie=area_input("movie"),
        regions=area_input("regions"),
    output:
        movies=directory(f"results/{SESSION}/movies"),
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
        mem_mb=scaled(1500),
        runtime=minutes(30),
    params:
        code=code_version("calcium/list_recordings.py"),
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
        mem_mb=scaled(1500),
        runtime=minutes(120),
    params:
        code=code_version("calcium/extract_frames.py"),
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
        run="results/check/calcium/{area}.run.json",
    log:
        "logs/check/calcium/{area}.log",
    benchmark:
        "benchmarks/check/calcium/{area}.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(1500),
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
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(6000),
        runtime=minutes(480),
        gpu=1,
    params:
        code=code_version("calcium/train_reader.py"),
        reader=setting("readers", "reader"),
        seed=config["seed"],
        device=config["device"],
        threads=config["threads"],
    script:
        "../scripts/calcium/train_reader.py"


rule correlate_maps:
    """Correlate the maps of all pairs of patterns, and draw maps and matrices."""
    input:
        maps=f"results/{READ}/maps.npz",
        map_table=f"results/{READ}/maps.tsv",
        reading=f"results/{READ}/reading.tsv",
        frames=f"results/{SESSION}/frames.h5",
        table=f"results/{SESSION}/frames.tsv",
        cells=f"results/{SESSION}/cells.tsv",
    output:
        cams=f"results/{READ}/cams.npy",
        cams_sidecar=f"results/{READ}/cams.json",
        zncc=f"results/{READ}/zncc.npz",
        zncc_sidecar=f"results/{READ}/zncc.json",
        panels=f"results/{READ}/zncc.tsv",
        nulls=reported(
            f"results/{READ}/zncc_nulls.tsv",
            "Networks read neurons",
            "zncc_nulls_table",
            area="{area}",
            session="{session}",
            reader="{reader}",
            shown="ZNCC nulls, table",
        ),
        patterns=reported(
            f"results/{READ}/zncc_patterns.tsv",
            "Networks read neurons",
            "zncc_patterns_table",
            area="{area}",
            session="{session}",
            reader="{reader}",
            shown="patterns, table",
        ),
        gallery=reported(
            f"results/{READ}/cams_gallery.json",
            "Networks read neurons",
            "cams_gallery",
            area="{area}",
            session="{session}",
            reader="{reader}",
            shown="maps, for the page",
        ),
        figure=f"results/{READ}/zncc.png",
        figure_svg=reported(
            f"results/{READ}/zncc.svg",
            "Networks read neurons",
            "zncc",
            area="{area}",
            session="{session}",
            reader="{reader}",
            shown="ZNCC",
        ),
        null_figure=f"results/{READ}/zncc_nulls.png",
        null_figure_svg=reported(
            f"results/{READ}/zncc_nulls.svg",
            "Networks read neurons",
            "zncc_nulls",
            area="{area}",
            session="{session}",
            reader="{reader}",
            shown="ZNCC nulls",
        ),
        maps_figure=f"results/{READ}/cams.png",
        maps_figure_svg=reported(
            f"results/{READ}/cams.svg",
            "Networks read neurons",
            "cams",
            area="{area}",
            session="{session}",
            reader="{reader}",
            shown="maps",
        ),
        run=f"results/{READ}/correlate_maps.run.json",
    log:
        f"logs/{READ}/correlate_maps.log",
    benchmark:
        f"benchmarks/{READ}/correlate_maps.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(4000),
        runtime=minutes(30),
    params:
        code=code_version("calcium/correlate_maps.py"),
        simulated=area_simulated,
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/calcium/correlate_maps.py"


rule extract_traces:
    """Average each cell's pixels less its neuropil: dF/F around each stimulation."""
    input:
        frames=f"results/{SESSION}/frames.h5",
        table=f"results/{SESSION}/frames.tsv",
        cells=f"results/{SESSION}/cells.tsv",
    output:
        traces=f"results/{SESSION}/traces.npz",
        sidecar=f"results/{SESSION}/traces.json",
        trials=f"results/{SESSION}/trials.tsv",
        responses=reported(
            f"results/{SESSION}/responses.tsv",
            "Networks read neurons",
            "responses_table",
            area="{area}",
            session="{session}",
            shown="cells, table",
        ),
        figure=f"results/{SESSION}/responses.png",
        figure_svg=reported(
            f"results/{SESSION}/responses.svg",
            "Networks read neurons",
            "responses",
            area="{area}",
            session="{session}",
            shown="cells",
        ),
        run=f"results/{SESSION}/extract_traces.run.json",
    log:
        f"logs/{SESSION}/extract_traces.log",
    benchmark:
        f"benchmarks/{SESSION}/extract_traces.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(2000),
        runtime=minutes(30),
    params:
        code=code_version("calcium/extract_traces.py"),
        selection=setting("areas", "area", "frames"),
        simulated=area_simulated,
        threads=config["threads"],
    script:
        "../scripts/calcium/extract_traces.py"


rule estimate_coupling:
    """Estimate how each cell answers to stimulation of the others: from traces, and from maps."""
    input:
        traces=f"results/{SESSION}/traces.npz",
        trials=f"results/{SESSION}/trials.tsv",
        evidence=f"results/{READ}/evidence.npz",
        reading=f"results/{READ}/reading.tsv",
        table=f"results/{SESSION}/frames.tsv",
        cells=f"results/{SESSION}/cells.tsv",
        truth=truth_input,
    output:
        coupling=f"results/{READ}/coupling.npz",
        sidecar=f"results/{READ}/coupling.json",
        table=reported(
            f"results/{READ}/coupling.tsv",
            "Networks read neurons",
            "coupling_table",
            area="{area}",
            session="{session}",
            reader="{reader}",
            shown="coupling, table",
        ),
        figure=f"results/{READ}/coupling.png",
        figure_svg=reported(
            f"results/{READ}/coupling.svg",
            "Networks read neurons",
            "coupling",
            area="{area}",
            session="{session}",
            reader="{reader}",
            shown="coupling",
        ),
        distances=reported(
            f"results/{READ}/distance.tsv",
            "Networks read neurons",
            "distance_table",
            area="{area}",
            session="{session}",
            reader="{reader}",
            shown="coupling by distance, table",
        ),
        distance_figure=f"results/{READ}/distance.png",
        distance_figure_svg=reported(
            f"results/{READ}/distance.svg",
            "Networks read neurons",
            "distance",
            area="{area}",
            session="{session}",
            reader="{reader}",
            shown="coupling by distance",
        ),
        run=f"results/{READ}/estimate_coupling.run.json",
    log:
        f"logs/{READ}/estimate_coupling.log",
    benchmark:
        f"benchmarks/{READ}/estimate_coupling.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(2000),
        runtime=minutes(60),
    params:
        code=code_version("calcium/estimate_coupling.py"),
        exclusion_radius=setting("areas", "area", "exclusion_radius"),
        bootstraps=setting("areas", "area", "bootstraps"),
        simulated=area_simulated,
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/calcium/estimate_coupling.py"


rule compare_sessions:
    """Compare two sessions by four routes, and read each with the other's network."""
    input:
        cells_a="results/calcium/{area}/{session_a}/cells.tsv",
        frames_a="results/calcium/{area}/{session_a}/frames.h5",
        table_a="results/calcium/{area}/{session_a}/frames.tsv",
        traces_a="results/calcium/{area}/{session_a}/traces.npz",
        trials_a="results/calcium/{area}/{session_a}/trials.tsv",
        maps_a="results/calcium/{area}/{session_a}/{reader}/maps.npz",
        map_table_a="results/calcium/{area}/{session_a}/{reader}/maps.tsv",
        evidence_a="results/calcium/{area}/{session_a}/{reader}/evidence.npz",
        weights_a="results/calcium/{area}/{session_a}/{reader}/weights.safetensors",
        reading_a="results/calcium/{area}/{session_a}/{reader}/reading.tsv",
        cells_b="results/calcium/{area}/{session_b}/cells.tsv",
        frames_b="results/calcium/{area}/{session_b}/frames.h5",
        table_b="results/calcium/{area}/{session_b}/frames.tsv",
        traces_b="results/calcium/{area}/{session_b}/traces.npz",
        trials_b="results/calcium/{area}/{session_b}/trials.tsv",
        maps_b="results/calcium/{area}/{session_b}/{reader}/maps.npz",
        map_table_b="results/calcium/{area}/{session_b}/{reader}/maps.tsv",
        evidence_b="results/calcium/{area}/{session_b}/{reader}/evidence.npz",
        weights_b="results/calcium/{area}/{session_b}/{reader}/weights.safetensors",
        reading_b="results/calcium/{area}/{session_b}/{reader}/reading.tsv",
    output:
        routes=reported(
            f"results/{COMPARED}/routes.tsv",
            "Networks read neurons",
            "routes_table",
            area="{area}",
            session="{session_a} and {session_b}",
            reader="{reader}",
            shown="change by route, table",
        ),
        matrices=f"results/{COMPARED}/change.npz",
        matrices_sidecar=f"results/{COMPARED}/change.json",
        across=f"results/{COMPARED}/across.tsv",
        figure=f"results/{COMPARED}/comparison.png",
        figure_svg=reported(
            f"results/{COMPARED}/comparison.svg",
            "Networks read neurons",
            "comparison",
            area="{area}",
            session="{session_a} and {session_b}",
            reader="{reader}",
            shown="change by route",
        ),
        matrix_figure=f"results/{COMPARED}/change.png",
        matrix_figure_svg=reported(
            f"results/{COMPARED}/change.svg",
            "Networks read neurons",
            "change",
            area="{area}",
            session="both",
            reader="{reader}",
            shown="change of each pair",
        ),
        run=f"results/{COMPARED}/run.json",
    log:
        f"logs/{COMPARED}/compare_sessions.log",
    benchmark:
        f"benchmarks/{COMPARED}/compare_sessions.tsv"
    conda:
        "../envs/neuroloop.yaml"
    threads: config["threads"]
    resources:
        mem_mb=scaled(4000),
        runtime=minutes(240),
    params:
        code=code_version("calcium/compare_sessions.py"),
        simulated=area_simulated,
        reader=setting("readers", "reader"),
        exclusion_radius=setting("areas", "area", "exclusion_radius"),
        permutations=setting("areas", "area", "permutations"),
        seed=config["seed"],
        threads=config["threads"],
    script:
        "../scripts/calcium/compare_sessions.py"


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
        mem_mb=scaled(1000),
        runtime=minutes(10),
    params:
        code=code_version("calcium/draw_reading.py"),
        sessions=lambda wildcards: list(config["areas"][wildcards.area]["sessions"]),
        simulated=area_simulated,
        threads=config["threads"],
    script:
        "../scripts/calcium/draw_reading.py"
