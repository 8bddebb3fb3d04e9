"""A disk that is full: every writer says so in one line and leaves nothing, and none crashes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from neuroloop.files import atomic as writing
from neuroloop.files import disk_space
from neuroloop.files.atomic import atomic
from neuroloop.files.disk_space import DiskFull, check_space
from neuroloop.files.hdf5 import new_hdf5

#: Bytes that a file may have, or a disk has; and a square array that is larger.
ROOM, SIDE = 2_000_000, 700

#: Programs that write more than there is room for, each to a path of its ending.
WRITERS = {
    ".npy": "save_array(path, big, axes=('a', 'b'), units='1')",
    ".npz": "save_arrays(path, {'x': big}, axes={'x': ('a', 'b')})",
    ".tsv": "import pandas; save_table(path, pandas.DataFrame(big))",
    ".json": "save_json(path, {'x': big.tolist()})",
    ".safetensors": "import torch; save_weights(path, {'x': torch.tensor(big)})",
    ".h5": """
from neuroloop.files.hdf5 import new_hdf5
with new_hdf5(path) as file:
    file.create_dataset('dataset', data=big, compression='gzip', shuffle=True)
    file['metadata/key'] = [b'key'] * 10000
    for number in range(3000):
        file[f'vmap/x/{number}'] = b'text'
""",
    ".tif": """
from neuroloop.calcium.movies import write_movie
frames = np.stack([big, big], axis=1).astype('f4')
write_movie(path, frames, frames.shape, 'f4', 10.0)
""",
    ".png": """
from matplotlib.figure import Figure
from neuroloop.report.figures import save
figure = Figure((14, 14))
figure.add_axes((0, 0, 1, 1)).imshow(big, interpolation='nearest')
save(figure, path)
""",
    ".svg": """
from matplotlib.figure import Figure
from neuroloop.report.figures import save
figure = Figure()
figure.subplots().pcolormesh(big[:150, :150])
save(figure, path)
""",
    ".html": """
with atomic(path) as temporary:
    temporary.write_text(str(big.tolist()))
""",
}

PROGRAM = """
import sys
import numpy as np
from neuroloop.files.disk_space import DiskFull
from neuroloop.files.formats import *
path, big = sys.argv[1], np.random.default_rng(0).random(({side}, {side}))
try:
    exec(sys.argv[2])
except DiskFull as error:
    print(error)
"""

LIMIT = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({ROOM}, {ROOM}))\n"


def write(ending: str, folder: Path, limit: str = "") -> None:
    """Let a process of its own write too much into a folder; see what it says and leaves."""
    path = folder / f"a{ending}"
    if ending in (".npy", ".npz", ".safetensors", ".tif"):  # which look for room first
        limit += "from neuroloop.files import atomic as a; a.check_space = lambda *_: None\n"
    program = limit + PROGRAM.format(side=SIDE)
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), WRITERS[ending]],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = rf"disk full: {path}, .+ MB free in {folder}.*: free space and type the same .+"
    assert re.fullmatch(f"{said}\n", done.stdout), done.stdout
    assert not list(folder.iterdir())


@pytest.mark.parametrize("ending", WRITERS)
def test_a_writer_without_room_says_so_and_leaves_nothing(tmp_path: Path, ending: str) -> None:
    write(ending, tmp_path, LIMIT)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of `ROOM` bytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a small file system cannot be mounted ({error}): that takes root")
    yield folder
    assert not mounted.returncode
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("ending", [".h5", ".tsv"])
def test_a_full_disk_likewise(small_disk: Path, ending: str) -> None:
    write(ending, small_disk)


def test_what_finds_no_room_is_refused_before_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_space, "free_space", lambda path: 3_000_000)
    wanted = rf"disk full: .*a\.npy needs 20 MB, 3\.0 MB free in {tmp_path}: free space"
    with pytest.raises(DiskFull, match=wanted), atomic(tmp_path / "a.npy", 20_000_000):
        raise AssertionError("it was begun")
    check_space(tmp_path / "a.npy", 3_000_000)


def test_other_errors_pass_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Input/output"), atomic(tmp_path / "a"):
        raise OSError(5, "Input/output error")
    with pytest.raises(ValueError, match="mine"), new_hdf5(tmp_path / "a.h5"):
        raise ValueError("mine")
    assert not list(tmp_path.iterdir())


def test_hdf5_written_so_is_read_as_written(tmp_path: Path) -> None:
    import h5py

    values = np.random.default_rng(1).random((300, 200))
    with new_hdf5(tmp_path / "a.h5", values.nbytes) as file:
        file.create_dataset("x", data=values, compression="gzip")
        assert np.array_equal(file["x"][5], values[5])
    with h5py.File(tmp_path / "a.h5", "r") as file:
        assert np.array_equal(file["x"][()], values)
    assert writing.TEMPORARY.fullmatch(f".a.{os.getpid()}.h5")
