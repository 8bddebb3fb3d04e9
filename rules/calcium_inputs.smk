"""Functions that the rules of calcium imaging share: tables, movies, files of areas. No rule stands here."""

from neuroloop.calcium.movie_files import files_of_movie
from neuroloop.calcium.movie_paths import movie_paths
from neuroloop.calcium.tables import read_recordings
from neuroloop.report.chapters import SIMULATED


def area_simulated(wildcards):
    """Whether figures of an area say that its responses are simulated."""
    return config["areas"][wildcards.area]["source"] in SIMULATED


def area_input(key):
    """Input function: the file that the wildcards' area names under this key, if it does."""

    def file(wildcards):
        block = config["areas"][wildcards.area]
        where = f"areas.{wildcards.area}.{key}"
        return data_input(block[key], where) if key in block else []

    return file


def movie_input(wildcards):
    """Input function: the movies of a session, made here or listed in the area's manifest."""
    block = config["areas"][wildcards.area]
    if block["source"] != "tiff":
        return ancient(f"results/calcium/{wildcards.area}/{wildcards.session}/movies")
    manifest = data_input(block["recordings"], f"areas.{wildcards.area}.recordings")
    if not manifest:
        return []
    try:
        listed = read_recordings(manifest)
        of_session = listed[
            (listed["area"] == wildcards.area)
            & (listed["session"] == wildcards.session)
        ]
        found = movie_paths(of_session, movie_folders(wildcards))
    except NeuroLoopError as error:
        MISSING[f"{wildcards.area}/{wildcards.session}"] = as_it_lies(str(error))
        return []
    return [
        users(file)
        for paths in found.values()
        for path in paths
        for file in files_of_movie(path)
    ]


def movie_contents(wildcards):
    """Input function: what the folder of a session's movies held when it was made here."""
    block = config["areas"][wildcards.area]
    folder = f"results/calcium/{wildcards.area}/{wildcards.session}"
    return [] if block["source"] == "tiff" else f"{folder}/movies.json"


def movie_reading(wildcards):
    """Which pages of its movies an area reads, where it says."""
    block = config["areas"][wildcards.area]
    keys = ("channel", "plane", "slices_are_time")
    return {key: block[key] for key in keys if key in block}


def movie_folders(wildcards):
    """Folders that the movies' paths may start from, for the rules and for their scripts."""
    block = config["areas"][wildcards.area]
    if block["source"] != "tiff":
        return [f"results/calcium/{wildcards.area}/{wildcards.session}"]
    manifest = data_input(block["recordings"], f"areas.{wildcards.area}.recordings")
    return [str(Path(manifest).parent), *data_folders()] if manifest else []


def trials_held_out(wildcards):
    """How the readers of an area hold out trials, by their names."""
    blocks = {
        name: config["readers"][name]
        for name in config["areas"][wildcards.area]["readers"]
    }
    return {
        name: {
            "split": block["split"],
            "last": block["last_trials"],
            "folds": block.get("folds"),
        }
        for name, block in blocks.items()
    }


def session_files(area, name):
    """One file of every session of an area."""
    sessions = config["areas"][area]["sessions"]
    return [f"results/calcium/{area}/{session}/{name}" for session in sessions]


def truth_input(wildcards):
    """Input function: the truth of a simulated session."""
    simulated = config["areas"][wildcards.area]["source"] != "tiff"
    return (
        f"results/calcium/{wildcards.area}/{wildcards.session}/truth.npz"
        if simulated
        else []
    )


def reader_files(area, name):
    """One file of every session and reader of an area."""
    block = config["areas"][area]
    return expand(
        "results/calcium/{area}/{session}/{reader}/{name}",
        area=area,
        session=block["sessions"],
        reader=block["readers"],
        name=name,
    )
