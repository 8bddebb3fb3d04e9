"""Images of volumes as NIfTI files: opened, compared with their headers, and read whole."""

import bz2
import gzip
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.door import check_stated_size, outside
from neuroloop.files.formats import StrPath

if TYPE_CHECKING:
    from nibabel.arrayproxy import ArrayProxy
    from nibabel.nifti1 import Nifti1Image, Nifti1Pair

#: What a file should be, and what to do if it is not.
FORM, REMEDY = "a NIfTI image", "download or make it again"

#: Name of what is missing, for messages.
MISSING = "put the image there or change the key"

#: Bytes that are unpacked at a time.
CHUNK = 2**22

#: Openers of compressed files, which compare checksums when a stream is read to its end.
OPENERS: dict[str, Callable[[Path], IO[bytes]]] = {
    ".gz": cast("Callable[[Path], IO[bytes]]", gzip.open),
    ".bz2": cast("Callable[[Path], IO[bytes]]", bz2.open),
}

#: Files of surfaces and other formats: what they are, and what to do.
FOREIGN = {
    r"\.gii(\.gz)?$": (
        "a GIFTI surface file, whose values lie on the vertices of a mesh",
        "give the volume that it was projected from, as NIfTI on the grid of the BOLD images",
    ),
    r"\.(dscalar|dtseries|dlabel|dconn|ptseries|pscalar|plabel|pconn|ptconn)\.nii(\.gz)?$": (
        "a CIFTI file, whose rows or columns are vertices and voxels without a grid",
        "give the volumetric NIfTI, or take its volume out "
        "(wb_command -cifti-separate FILE COLUMN -volume-all OUT.nii.gz)",
    ),
    r"\.(mgh|mgz|annot|label|curv|thickness|inflated|white|pial)$": (
        "a file of FreeSurfer",
        "convert volumes by mri_convert, and labels by mri_label2vol, to NIfTI on the grid of the "
        "BOLD images",
    ),
    r"\.(HEAD|BRIK|BRIK\.gz)$": ("a file of AFNI", "convert it by 3dAFNItoNIFTI"),
    r"\.(dcm|ima|par|rec|mnc)$": ("no NIfTI image", "convert it, for example by dcm2niix"),
}


def open_image(path: StrPath, dimensions: int) -> "Nifti1Image":
    """Open an image, without its values.

    Parameters
    ----------
    path : path
        NIfTI-1 or NIfTI-2, compressed or not.
    dimensions : {3, 4}
        Of a mask or a BOLD run. Further dimensions of length 1 are left out by `read_values`.

    Raises
    ------
    NeuroLoopError
        If the file is missing, damaged, of another format, on a surface, or has values that are not
        plain numbers; if its dimensions differ, or it cannot hold what its header states.
    """
    import nibabel

    what = "a BOLD run" if dimensions == 4 else "a mask"
    for pattern, (kind, remedy) in FOREIGN.items():
        if re.search(pattern, Path(path).name, re.IGNORECASE) and Path(path).is_file():
            raise NeuroLoopError(f"{path} is {kind}, not {what} of volumes: {remedy}")
    with outside(path, FORM, REMEDY, MISSING):
        image = nibabel.load(path)
        if not isinstance(image, nibabel.Nifti1Pair):
            kind = type(image).__name__.removesuffix("Image").removesuffix("2")
            raise NeuroLoopError(
                f"{path} is in the format {kind}, not {FORM} of volumes: convert it to NIfTI on "
                "the grid of the BOLD images"
            )
        shape, stored = image.shape, image.header.get_data_dtype()
        _check_numbers(path, stored, what)
        if len(shape) < dimensions or set(shape[dimensions:]) - {1}:
            remedy = (
                "save it as one volume, or each of its volumes as a mask"
                if dimensions == 3
                else "join the volumes of a run in one image, in the order of time"
            )
            raise NeuroLoopError(
                f"{path} has {len(shape)} dimensions ({' x '.join(map(str, shape))}), {dimensions} "
                f"are needed ({what}): {remedy}"
            )
        if 0 in shape:
            raise NeuroLoopError(f"{path} has a dimension of length 0 {shape}: {REMEDY}")
        if not np.isfinite(image.affine).all() or np.linalg.det(image.affine[:3, :3]) == 0:
            raise NeuroLoopError(
                f"{path} states no positions of its voxels (affine {image.affine[:3].tolist()}): "
                "copy the header of an image of the same grid"
            )
        check_stated_size(_file(image), shape, stored.itemsize, "NIfTI image")
    return cast("Nifti1Image", image)


def _check_numbers(path: StrPath, stored: np.dtype, what: str) -> None:
    """Refuse complex numbers and colours."""
    if stored.kind == "c":
        raise NeuroLoopError(
            f"{path} holds complex numbers ({stored}), not {what}: save their magnitude"
        )
    if stored.kind not in "iuf":
        colours = "colours" if stored.names else f"values of type {stored}"
        raise NeuroLoopError(
            f"{path} holds {colours}, not numbers: save it as {what} of numbers, not as a picture"
        )


def read_values(path: StrPath, image: "Nifti1Image", dimensions: int) -> np.ndarray:
    """Read the values of an image that `open_image` opened.

    Returns
    -------
    ndarray
        As the standard scales them: a slope of 0 or NaN scales nothing.

    Raises
    ------
    NeuroLoopError
        If a file is truncated, its checksum differs, or it holds more than its header states.
    """
    with outside(path, FORM, REMEDY, MISSING):
        start = int(cast("ArrayProxy", image.dataobj).offset)
        stated = start + math.prod(image.shape) * image.header.get_data_dtype().itemsize
        _check_whole(_file(image), stated)
        values = np.asanyarray(image.dataobj)
        return values.reshape(image.shape[:dimensions])


def _file(image: "Nifti1Pair") -> Path:
    """File of the values: of a pair, not that of the header."""
    return Path(str(image.file_map["image"].filename))


def _check_whole(path: Path, stated: int) -> None:
    """Read a compressed file to its checksum, which nibabel does not, and compare its length."""
    opener = OPENERS.get(path.suffix.lower())
    if opener is None:
        found = path.stat().st_size
    else:
        found = 0
        with opener(path) as stream:
            while found <= stated and (block := stream.read(CHUNK)):
                found += len(block)
    if found < stated:
        raise ValueError(f"it is truncated: {found} of {stated} bytes are there")
    if found > stated:
        raise ValueError(f"it goes on after the {stated} bytes that its header states")
