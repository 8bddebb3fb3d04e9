"""Functions that count movies, cells and maps, for the memory of calcium imaging's jobs. No rule stands here."""

from neuroloop.calcium.tables import read_stimulations
from neuroloop.workflow import reader_size


@cache
def pixels_of_frames(area):
    """Pixels of a frame of an area's movies."""
    block = config["areas"][area]
    if block["source"] == "simulated":
        return block["simulation"]["height"] * block["simulation"]["width"]
    session = next(iter(block["sessions"]))
    wildcards = SimpleNamespace(area=area, session=session)
    if block["source"] == "tiff":
        found = movie_input(wildcards)
    else:
        found = [area_input("movie")(wildcards)]
    return (
        reader_size.frame_pixels(Path(found[0]))
        if found and found[0]
        else reader_size.USUAL
    )


@cache
def cells_of(area):
    """Cells of an area, by its simulation or its table."""
    block = config["areas"][area]
    if block["source"] != "tiff":
        simulation = block["simulation"]
        return simulation["groups"] * simulation["cells_per_group"]
    table = data_input(block["cells"], f"areas.{area}.cells")
    if not table:
        return 0
    with Path(table).open("rb") as lines:
        return sum(1 for _ in lines)


@cache
def movie_bytes(area, session):
    """Bytes of a session's movies: of files and of what lies in folders, or as they will be."""
    block = config["areas"][area]
    if block["source"] == "tiff":
        paths = [
            Path(path)
            for path in movie_input(SimpleNamespace(area=area, session=session))
        ]
        files = [
            one for path in paths for one in ([path], path.iterdir())[path.is_dir()]
        ]
        return sum(file.stat().st_size for file in files if file.is_file())
    times = block["simulation"]["protocol"]
    recordings = stimulations_of(area)[0] / times["trials"] + 1
    seconds = times["first_onset"] + times["trials"] * times["period"] + times["tail"]
    return 2 * recordings * seconds * times["frame_rate"] * pixels_of_frames(area)


def frame_items(wildcards):
    """As of traces, and bytes of the session's movies."""
    movies = movie_bytes(wildcards.area, wildcards.session)
    return trace_items(wildcards) | {"movie byte": movies}


def trace_items(wildcards):
    """Pixels of a frame, and those of a frame of each cell."""
    pixels = pixels_of_frames(wildcards.area)
    return {"cell pixel": cells_of(wildcards.area) * pixels, "frame pixel": pixels}


@cache
def stimulations_of(area):
    """Trials of an area's session that stimulate cells, and cells of all of them, at most."""
    block = config["areas"][area]
    if block["source"] != "tiff":
        cells, simulation = cells_of(area), block["simulation"]
        all_pairs = cells * (simulation["cells_per_group"] - 1) // 2
        pairs = all_pairs if simulation["pairs"] is None else simulation["pairs"]
        trials = simulation["protocol"]["trials"]
        return (cells + pairs) * trials, (cells + 2 * pairs) * trials
    table = data_input(block["stimulations"], f"areas.{area}.stimulations")
    try:
        listed = [*map(str, read_stimulations(table)["cells"])] if table else []
    except NeuroLoopError:  # its own rule tells
        listed = []
    return len(listed), sum(1 + cells.count("+") for cells in listed)


def map_values(wildcards):
    """Numbers of all maps of the wildcards' reader: of networks, cells of trials, and places."""
    reader = config["readers"][wildcards.reader]
    networks = reader["seeds"] + reader["untrained_networks"]
    places = pixels_of_frames(wildcards.area) / 4 ** len(reader["widths"])
    return networks * stimulations_of(wildcards.area)[1] * places


def map_items(wildcards):
    """Maps of a reader, and pairs of its trials."""
    trials = stimulations_of(wildcards.area)[0]
    return {"map value": map_values(wildcards), "trial pair": trials**2}


def reader_items(wildcards, members=1):
    """Frames, networks and maps of a reader."""
    reader = config["readers"][wildcards.reader]
    pixels = pixels_of_frames(wildcards.area)
    return reader_size.reader_items(reader, pixels, members) | {
        "frame pixel": pixels,
        "map value": map_values(wildcards),
    }


def surrogate_reader_items(wildcards):
    """The same, of as many networks at once as `scripts/calcium/train_surrogate_readers.py` trains."""
    pixels = pixels_of_frames(wildcards.area)
    return reader_items(wildcards, max(1, min(8, 2**18 // pixels)))


def kept_frames(area):
    """Frames of a trial that are kept."""
    frames = config["areas"][area]["frames"]
    return frames["control"] + frames["stimulated"] - frames["skip"]


def session_items(wildcards, sessions=1):
    """Courses of cells, what networks say of them, and pairs of cells, of a session or of several."""
    reader = config["readers"][wildcards.reader]
    trials, cells = stimulations_of(wildcards.area)[0], cells_of(wildcards.area)
    networks = reader["seeds"] + reader["untrained_networks"]
    each = sessions * trials * kept_frames(wildcards.area) * cells
    return {"course value": each, "evidence value": networks * each}


def coupling_items(wildcards):
    """As of a session, and pairs of cells of all resamples."""
    resamples = config["areas"][wildcards.area]["bootstraps"]
    pairs = resamples * cells_of(wildcards.area) ** 2
    return session_items(wildcards) | {"resampled pair": pairs}


def compared_session_items(wildcards):
    """As of two sessions: their maps and trials, pairs of cells without each recording, and a reader's network."""
    area = wildcards.area
    trials, cells = stimulations_of(area)[0], cells_of(area)
    reader = config["readers"][wildcards.reader]
    network = reader_size.reader_items(reader, pixels_of_frames(area))
    return session_items(wildcards, 2) | {
        "map value": 2 * map_values(wildcards),
        "trial pair": (2 * trials) ** 2,
        "left-out pair": trials * (cells**2 + trials**2 / 4),
        "read byte": network["read byte"],
        "reader weight": network["reader weight"],
    }


def leak_items(wildcards):
    """Frames of a session, and pixels of one."""
    area = wildcards.area
    frames = stimulations_of(area)[0] * kept_frames(area)
    pixels = pixels_of_frames(area)
    return {
        "frame": frames,
        "frame pixel": pixels,
        "cell pixel": cells_of(area) * pixels,
    }
