"""The open formats of the workflow, always complete or not at all.

Arrays are .npy or .npz without pickle, tables TSV with a header, facts JSON, weights safetensors.
Every array has a JSON sidecar of the same stem that describes its axes, units and rows. A writer
fills a temporary file in the same folder and renames it, so that a killed job leaves nothing that
looks finished.
"""

from neuroloop.files.array_rows import open_array
from neuroloop.files.arrays import (
    describe,
    load_array,
    load_arrays,
    save_array,
    save_arrays,
    save_rows,
    sidecar_path,
    versions,
)
from neuroloop.files.atomic import StrPath, atomic
from neuroloop.files.json_files import read_json, save_json
from neuroloop.files.tables import read_table, save_table
from neuroloop.files.weights import load_weights, save_weights

__all__ = [
    "StrPath",
    "atomic",
    "describe",
    "load_array",
    "load_arrays",
    "load_weights",
    "open_array",
    "read_json",
    "read_table",
    "save_array",
    "save_arrays",
    "save_json",
    "save_rows",
    "save_table",
    "save_weights",
    "sidecar_path",
    "versions",
]
