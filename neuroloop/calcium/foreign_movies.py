"""Files that hold movies in other forms: told as what they are, and how to make TIFFs of them."""

from pathlib import Path

from neuroloop.errors import NeuroLoopError
from neuroloop.files.door import outside

#: First bytes of a TIFF and of a BigTIFF, in both orders of bytes.
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
FIJI = "open it in Fiji (File > Import > Bio-Formats) and save it as TIFF"
VIDEO = (
    "open it in Fiji (File > Import > AVI) and save it as TIFF, or write its frames as numbered "
    "PNG (ffmpeg -i FILE %05d.png) and name their folder"
)
PYTHON = "write its array of frames as TIFF (tifffile.imwrite with metadata={'axes': 'TYX'})"
#: First bytes of other forms: where they stand, what they are, what to do.
KNOWN: tuple[tuple[int, bytes, str, str], ...] = (
    (8, b"AVI ", "an AVI video", VIDEO),
    (4, b"ftyp", "an MP4 or MOV video", VIDEO),
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM video", VIDEO),
    (0, b"0&\xb2u", "a WMV video", VIDEO),
    (0, b"GIF8", "a GIF", VIDEO),
    (0, b"\xdaI\xce\n", "a Nikon ND2", FIJI),
    (0, b"\xda\xce\xbe\n", "a Nikon ND2", FIJI),
    (0, b"ZISRAWFILE", "a Zeiss CZI", FIJI),
    (0, b"\xd0\xcf\x11\xe0", "an Olympus OIB, Zeiss ZVI or other OLE file", FIJI),
    (0, b"p\0\0\0", "a Leica LIF", FIJI),
    (0, b"Andor Technology", "an Andor SIF", FIJI),
    (0, b"\x93NUMPY", "an array of NumPy", PYTHON),
    (0, b"MATLAB 5.0 MAT-file", "a MAT-file of Matlab", PYTHON),
    (0, b"\xff\xd8\xff", "a single JPEG", "name the folder of all numbered frames"),
    (0, b"\x89PNG", "a single PNG", "name the folder of all numbered frames"),
    (0, b"PK\x03\x04", "a ZIP archive", "unpack it first"),
    (0, b"\x1f\x8b", "a gzip archive", "unpack it first"),
)
HDF5 = b"\x89HDF\r\n\x1a\n"
#: Forms without first bytes of their own, by the suffix.
BY_SUFFIX = {
    (".raw", ".bin", ".dat", ".data"): (
        "raw numbers without a header (ThorImage, suite2p or another program wrote them)",
        "save it as TIFF with the program that wrote it, or in Fiji (File > Import > Raw, with the "
        "size and type that this program states)",
    ),
    (".txt", ".xml", ".csv", ".tsv", ".json"): ("a text", "name the movie itself"),
}
#: What a folder of another program holds: names, what it is, what to do.
FOLDERS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("ops.npy", "data.bin", "plane0", "suite2p"),
        "a folder of suite2p",
        "name the movie that suite2p read; or write its registered frames as TIFF (suite2p's "
        "setting reg_tif)",
    ),
    ((".zarray", ".zgroup", "zarr.json", ".zattrs"), "a Zarr store", PYTHON),
    (("NDTiff.index",), "a dataset of Micro-Manager (NDTiff)", "name the TIFF files in it"),
    (
        ("Experiment.xml", "Image_0001_0001.raw"),
        "a folder of ThorImage",
        "save it as TIFF with ThorImage, and name the file",
    ),
)


def refuse_foreign(path: Path) -> None:
    """Refuse a file that is no TIFF, with what it is.

    Raises
    ------
    NeuroLoopError
        If it is missing, empty or no TIFF.
    """
    with (
        outside(
            path,
            "a TIFF movie",
            "copy or export it again",
            "put the movie there or correct its path",
        ) as file,
        file.open("rb") as stream,
    ):
        start = stream.read(64)
    if start.startswith(TIFF):
        return
    kind, remedy = _form(path, start)
    raise NeuroLoopError(f"{path} is {kind}, no TIFF movie: {remedy}")


def refuse_foreign_folder(path: Path) -> None:
    """Refuse a folder in which another program keeps a movie in a form of its own.

    Raises
    ------
    NeuroLoopError
        If it is one.
    """
    for names, kind, remedy in FOLDERS:
        if any((path / name).exists() for name in names):
            raise NeuroLoopError(f"{path} is {kind}, no movie of numbered frames: {remedy}")


def _form(path: Path, start: bytes) -> tuple[str, str]:
    """What a file is, with its article, and what to do."""
    suffix = path.suffix.lower()
    if start.startswith(HDF5):
        if suffix == ".nwb":
            return "an NWB file", f"{PYTHON}: the data of its TwoPhotonSeries"
        if suffix == ".mat":
            return "a MAT-file of Matlab (7.3)", PYTHON
        if suffix == ".ims":
            return "an Imaris file", FIJI
        return "an HDF5 file", PYTHON
    for place, magic, kind, remedy in KNOWN:
        if start[place : place + len(magic)] == magic:
            return kind, remedy
    for suffixes, (kind, remedy) in BY_SUFFIX.items():
        if suffix in suffixes:
            return kind, remedy
    if not any(start):
        return "damaged: it begins with zeros", "copy it again"
    return "in a form that is not known here", "save it as TIFF (in Fiji: File > Save As > Tiff)"
