"""What maps and traces of neurons say: likeness of maps, coupling, and what changed between two sessions."""

COMPARED = "calcium/{area}/compare/{session_a}__{session_b}/{reader}"


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
        mem_mb=needed("correlate_maps", map_items),
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
        mem_mb=needed("extract_traces", trace_items),
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
        mem_mb=needed("estimate_coupling", coupling_items),
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
        mem_mb=needed("compare_sessions", compared_session_items),
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
