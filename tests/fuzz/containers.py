"""Binary files that are whole and say something else, by suffix."""

import random
from collections.abc import Callable

from tests.fuzz.forged_arrays import (
    gzip_bomb,
    gzip_header,
    gzip_members,
    gzip_other,
    nifti_header,
    npy_header,
    npy_values,
    npz_bomb,
    npz_member,
)
from tests.fuzz.forged_images import jpeg_segment, png_bomb, png_chunks, png_header, tiff_tag
from tests.fuzz.forged_stores import hdf5_object, mat_variable, safetensors_header, torch_checkpoint

Draw = random.Random

Forge = Callable[[Draw, bytes], bytes]

FORGERIES: dict[str, tuple[Forge, ...]] = {
    ".nii.gz": (gzip_other, gzip_header, gzip_header, gzip_header, gzip_members, gzip_bomb),
    ".gz": (gzip_other, gzip_header, gzip_members),
    ".nii": (nifti_header,),
    ".npy": (npy_header, npy_values),
    ".npz": (*[npz_member] * 12, npz_bomb),
    ".png": (*[png_chunks, png_header] * 5, png_bomb),
    ".jpg": (jpeg_segment,),
    ".tif": (tiff_tag,),
    ".h5": (hdf5_object,),
    ".mat": (mat_variable,),
    ".safetensors": (safetensors_header,),
    ".pth": (torch_checkpoint, torch_checkpoint, torch_checkpoint),
}
