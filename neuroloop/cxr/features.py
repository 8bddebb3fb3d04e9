"""Features at a network's cut, computed once and read by every head, fold and learning rate."""

from collections.abc import Iterator, Sequence
from typing import IO, Any, NamedTuple

import numpy as np
import torch

from neuroloop.cxr.augment import view
from neuroloop.cxr.lungs import shown_radiographs
from neuroloop.cxr.radiograph_set import RadiographSet
from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import Rows
from neuroloop.files.disk_space import check_space
from neuroloop.files.formats import StrPath, atomic, describe, open_array, save_json, sidecar_path
from neuroloop.jobs.progress import progress
from neuroloop.networks.transfer_network import TransferNetwork

#: What is shown of test radiographs beside the whole: to find out where a network reads from.
PARTS = ("lungs", "background")

AXES = ("radiograph", "view", "channel", "row", "column")


class Features(NamedTuple):
    """Features of every radiograph and view.

    Attributes
    ----------
    stored : ndarray or StoredRows of float32, shape (radiographs, views, channels) or (radiographs,
    views, channels, h, w)
        Those of a file stay there until they are asked for.
    views : list of str
        ``whole`` (the radiograph itself), ``view1``, ``view2``, ... and `PARTS`.
    """

    stored: Rows
    views: list[str]


def view_names(max_view: int) -> list[str]:
    """Names of the views that are stored: the radiograph, its augmentations, its parts."""
    return ["whole", *(f"view{number}" for number in range(1, max_view + 1)), *PARTS]


def write_features(
    path: StrPath,
    radiographs: RadiographSet,
    network: TransferNetwork,
    max_view: int,
    kind: str,
    seed: int,
    batch: int | None = None,
) -> None:
    """Run the frozen part of a network on every view of every radiograph.

    Parameters
    ----------
    path : path
        The .npy file; its sidecar stands beside it.
    radiographs : RadiographSet
    network : TransferNetwork
        On its device.
    max_view : int
        Highest number of an augmentation view.
    kind : {"study", "affine"}
        Of the augmentation (see `augment.view`).
    seed : int
        Root seed of the augmentation.
    batch : int, optional
        Radiographs at once. By default 16 on a GPU and one on a CPU, where what one radiograph
        makes stays in memory that the process has, and what sixteen make is asked of the system and
        given back by every layer: half of the time.
    """
    names = view_names(max_view)
    if batch is None:
        batch = 1 if next(network.parameters()).device.type == "cpu" else 16
    described: dict[str, Any] = {}
    with atomic(path) as temporary, temporary.open("wb") as stream, torch.inference_mode():
        for rows in progress(
            list(_batches(len(radiographs.table), batch)), f"batches of {batch} radiographs"
        ):
            made = np.stack(
                [_front(network, _shown(radiographs, rows, name, kind, seed)) for name in names],
                axis=1,
            )
            if not described:
                shape = (len(radiographs.table), *made.shape[1:])
                described = describe(np.broadcast_to(made[:1], shape), AXES[: made.ndim], "1")
                check_space(temporary, made[:1].nbytes * len(radiographs.table))
                _begin_array(stream, shape)
            stream.write(made.astype(np.float32, copy=False).tobytes())
        if not described:
            raise ValueError("there are no radiographs")
    ids = {"radiograph": radiographs.table["radiograph"].tolist(), "view": names}
    described |= {"ids": ids, "kind": kind, "seed": seed, "cut": network.cut}
    save_json(sidecar_path(path), described)


def _begin_array(stream: IO[bytes], shape: tuple[int, ...]) -> None:
    """Begin an .npy file of float32; a mapped one ends the process where the disk is full."""
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)


def open_features(path: StrPath, radiographs: Sequence[str]) -> Features:
    """Open stored features.

    Parameters
    ----------
    path : path
        Written by `write_features`.
    radiographs : sequence of str
        Ids that the rows must have.

    Raises
    ------
    NeuroLoopError
        If the file is missing or truncated, or is of other radiographs.
    """
    values, facts = open_array(path)
    if facts["ids"]["radiograph"] != list(radiographs):
        raise NeuroLoopError(f"{path} holds features of other radiographs: delete it and run again")
    return Features(values, facts["ids"]["view"])


def _batches(count: int, size: int) -> Iterator[np.ndarray]:
    for start in range(0, count, size):
        yield np.arange(start, min(start + size, count))


def _shown(
    radiographs: RadiographSet, rows: np.ndarray, name: str, kind: str, seed: int
) -> np.ndarray:
    """Radiographs of these rows as a view shows them."""
    if name == "whole" or name in PARTS:
        return shown_radiographs(radiographs.read(rows), radiographs.lungs_of(rows), name)
    ids = radiographs.table["radiograph"].iloc[rows].tolist()
    return view(radiographs.read(rows), ids, int(name.removeprefix("view")), seed, kind)


def _front(network: TransferNetwork, images: np.ndarray) -> np.ndarray:
    device = next(network.parameters()).device
    return network.front(torch.from_numpy(images)[:, None].to(device)).cpu().numpy()
