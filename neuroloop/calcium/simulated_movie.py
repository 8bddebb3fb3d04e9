"""Movies of simulated sessions: what the cells do, and the frames that a microscope makes of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from neuroloop.calcium.indicator import sampled_response
from neuroloop.calcium.movies import write_movie
from neuroloop.calcium.patterns import pattern_cells
from neuroloop.calcium.scene import Scene
from neuroloop.calcium.simulate import Area, Session, unit_factors
from neuroloop.files.formats import StrPath
from neuroloop.jobs.seeds import numpy_generator

#: Frames are made in chunks of about so many pixels: fast, and memory does not grow with a movie.
CHUNK_PIXELS = 2**20

#: Time constant of motion and of drifting brightness, seconds; neuropil fluctuates faster.
SLOW, FAST = 20.0, 1.0


def responses(seed: int, area: Area, session: Session, recording: str) -> np.ndarray:
    """Response of every cell in every frame of a recording.

    Parameters
    ----------
    seed : int
        Root seed.
    area, session : Area, Session
        Truth.
    recording : str
        Name of one of the session's recordings.

    Returns
    -------
    ndarray of float64, shape (frames, cells)
        1 is the peak of the cell's own direct response without fatigue.
    """
    protocol = area.settings.protocol
    events = session.stimulations[session.stimulations["recording"] == recording]
    group = session.recordings.set_index("recording").loc[recording, "group"]
    groups = list(dict.fromkeys(area.cells["group"]))
    rank = groups.index(group) if group in groups else 0
    kernel = sampled_response(
        protocol.frame_rate,
        protocol.frames,
        area.settings.rise,
        area.settings.decay,
        protocol.pulse,
    )
    generator = numpy_generator(seed, "calcium", area.name, session.name, recording, "trials")
    course = np.zeros((protocol.frames, len(area.cells)))
    for event in events.to_dict("records"):
        varied = unit_factors(generator, area.settings.trial_spread, len(area.cells))
        stimulated = area.cells["cell"].isin(pattern_cells(event["cells"])).to_numpy()
        fatigue = np.exp(
            -session.settings.fatigue_trials * (event["trial"] - 1)
            - session.settings.fatigue_groups * rank
        )
        driven = fatigue * varied * session.influence[stimulated].sum(axis=0)
        onset = event["onset_frame"]
        course[onset:] += np.outer(kernel[: protocol.frames - onset], driven)
    return course


def brightness_course(seed: int, area: Area, session: Session, recording: str) -> np.ndarray:
    """Brightness of every frame: the recording's own, drift and bleaching.

    Returns
    -------
    ndarray of float64, shape (frames,)
        1 is that of the session.
    """
    protocol, settings = area.settings.protocol, session.settings
    generator = numpy_generator(seed, "calcium", area.name, session.name, recording, "brightness")
    own = settings.brightness_spread * generator.standard_normal()
    drift = settings.drift * _wander(generator, protocol.frames, 1, SLOW * protocol.frame_rate)
    bleached = settings.bleaching * np.arange(protocol.frames) / protocol.frames
    return np.asarray(np.exp(own + drift[:, 0] - bleached))


def motion_course(seed: int, area: Area, session: Session, recording: str) -> np.ndarray:
    """Where the tissue lies in every frame: rows down and columns to the right, pixels.

    Returns
    -------
    ndarray of float64, shape (frames, 2)
    """
    protocol = area.settings.protocol
    generator = numpy_generator(seed, "calcium", area.name, session.name, recording, "motion")
    moved = _wander(generator, protocol.frames, 2, SLOW * protocol.frame_rate)
    return session.settings.motion * moved


def recording_frames(
    seed: int, area: Area, session: Session, recording: str
) -> Iterator[np.ndarray]:
    """Make the frames of a recording one by one; memory does not grow with their number.

    Parameters
    ----------
    seed : int
        Root seed.
    area, session : Area, Session
        From `simulate.draw_area` and `simulate.draw_session`.
    recording : str
        One of the session's recordings.

    Yields
    ------
    ndarray of uint16, shape (height, width)
        Counts.
    """
    from scipy import fft

    scene = area.scene
    if not isinstance(scene, Scene):
        raise TypeError(f"area {area.name} has a real background: see hybrid_frames")
    protocol, settings = area.settings.protocol, session.settings
    names = ("calcium", area.name, session.name, recording)
    frames = protocol.frames
    neuropil = _wander(
        numpy_generator(seed, *names, "neuropil"),
        frames,
        len(scene.neuropil),
        FAST * protocol.frame_rate,
    )
    level = session.photons * brightness_course(seed, area, session, recording)
    answers = responses(seed, area, session, recording)
    courses = np.column_stack([np.ones(frames), answers, neuropil]) * level[:, None]
    courses = courses.astype(np.float32)
    images = np.concatenate([scene.rest[None], scene.bodies, scene.neuropil])
    # Moved by Fourier: the margin takes what wraps around. Real and imaginary parts lie side by
    # side, so that sums over images are one product of real matrices.
    height, width = images.shape[1:]
    spectra = fft.rfft2(images)
    flat = spectra.reshape(len(images), -1).view(np.float32)
    motion = motion_course(seed, area, session, recording)
    down = np.exp(np.multiply.outer(motion[:, 0], -2j * np.pi * fft.fftfreq(height)))
    across = np.exp(np.multiply.outer(motion[:, 1], -2j * np.pi * fft.rfftfreq(width)))
    turns = down.astype(np.complex64)[:, :, None], across.astype(np.complex64)[:, None, :]
    inner = tuple(slice(scene.margin, scene.margin + size) for size in area.shape)
    photons = numpy_generator(seed, *names, "photons")
    gain = settings.counts * settings.brightness
    chunk = max(1, CHUNK_PIXELS // (height * width))
    for start in range(0, frames, chunk):
        here = slice(start, start + chunk)
        summed = (courses[here] @ flat).view(np.complex64).reshape(-1, *spectra.shape[1:])
        summed *= turns[0][here]
        summed *= turns[1][here]
        seen = fft.irfft2(summed, s=(height, width))[:, *inner]
        counts = gain * photons.poisson(np.maximum(seen * scene.illumination, 0))
        yield from np.minimum(np.rint(counts), np.iinfo(np.uint16).max).astype(np.uint16)


def write_session(
    seed: int,
    area: Area,
    session: Session,
    folder: StrPath,
    frames_of: Callable[[int, Area, Session, str], Iterator[np.ndarray]] = recording_frames,
) -> list[Path]:
    """Write the movies of a session, each where its row of ``recordings`` says.

    Parameters
    ----------
    seed : int
        Root seed.
    area, session : Area, Session
        Truth.
    folder : path
        Paths of the table start here.
    frames_of : callable
        Makes the frames of a recording: `recording_frames`, or `hybrid.hybrid_frames`.

    Returns
    -------
    list of Path
        The files, rows as in ``recordings``.
    """
    protocol = area.settings.protocol
    written = []
    for row in session.recordings.to_dict("records"):
        frames = frames_of(seed, area, session, row["recording"])
        written.append(Path(folder) / row["path"])
        shape = (protocol.frames, *area.shape)
        write_movie(written[-1], frames, shape, np.uint16, protocol.frame_rate)
    return written


def _wander(generator: np.random.Generator, frames: int, columns: int, scale: float) -> np.ndarray:
    """First-order autoregressions with mean 0, variance 1 and a time constant of `scale` frames."""
    from scipy.signal import lfilter

    keep = np.exp(-1 / scale)
    pushes = generator.standard_normal((frames, columns))
    pushes[1:] *= np.sqrt(1 - keep**2)
    return lfilter([1.0], [1.0, -keep], pushes, axis=0)
