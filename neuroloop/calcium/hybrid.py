"""Simulated responses on a real movie's background.

Cells, their places and all noise are real; wiring, responses, fatigue, bleaching and the brightness
of recordings are simulated as in `simulate`. Tissue does not move, and responses bring no photon
noise of their own, as the photons of the real movie are not known.
"""

from collections.abc import Iterator

import numpy as np

from neuroloop.calcium.background import (
    Background,
    choose_cells,
    make_background,
    read_regions,
)
from neuroloop.calcium.movies import Movie
from neuroloop.calcium.simulate import Area, Session, unit_factors, wire_area
from neuroloop.calcium.simulated_movie import brightness_course, responses
from neuroloop.calcium.simulated_settings import AreaSettings
from neuroloop.files.formats import StrPath
from neuroloop.jobs.seeds import numpy_generator


def hybrid_area(
    seed: int, name: str, settings: AreaSettings, movie: StrPath, regions: StrPath
) -> Area:
    """Choose cells of a real movie and wire them.

    Parameters
    ----------
    seed : int
        Root seed.
    name : str
        Of the area.
    settings : AreaSettings
        Numbers of cells, wiring, times and the indicator; sizes and light are the movie's own.
    movie, regions : path
        A TIFF stack and the regions drawn in it (`background.read_regions`).

    Returns
    -------
    Area
        Its amplitudes are relative: responses are set by each session's SNR. `draw_session` makes
        its sessions, `hybrid_frames` their frames.

    Raises
    ------
    NeuroLoopError
        If a file cannot be used, or there are not so many cells.
    """
    source = Movie([movie])
    shape = source.shape[1:]
    cells = choose_cells(
        read_regions(regions, shape),
        shape,
        settings.groups,
        settings.cells_per_group,
        settings.gap,
        numpy_generator(seed, "calcium", name, "cells"),
    )
    variation = unit_factors(
        numpy_generator(seed, "calcium", name, "amplitudes"), settings.response_spread, len(cells)
    )
    sized = settings.model_copy(update={"height": shape[0], "width": shape[1]})
    background = make_background(source, cells, variation)
    return wire_area(seed, name, sized, cells, variation, background)


def hybrid_frames(seed: int, area: Area, session: Session, recording: str) -> Iterator[np.ndarray]:
    """Make the frames of a recording one by one.

    Parameters
    ----------
    seed : int
        Root seed.
    area : Area
        From `hybrid_area`.
    session : Session
        From `simulate.draw_session`.
    recording : str
        One of its recordings.

    Yields
    ------
    ndarray of uint16, shape (height, width)
        Counts.
    """
    background = area.scene
    if not isinstance(background, Background):
        raise TypeError(f"area {area.name} has no real background")
    level = session.settings.brightness * brightness_course(seed, area, session, recording)
    course = responses(seed, area, session, recording)
    heights = (session.photons * background.variation * course).astype(np.float32)
    names = ("calcium", area.name, session.name, recording, "background")
    positions = background.draw(numpy_generator(seed, *names), len(course))
    for position, height, light in zip(positions, heights, level, strict=True):
        seen = background.frames[position] + np.tensordot(height, background.bodies, 1)
        yield np.clip(np.rint(light * seen), 0, np.iinfo(np.uint16).max).astype(np.uint16)
