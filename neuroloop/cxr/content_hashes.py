"""Hashes of radiographs' pixels, by which copies are known."""

import hashlib

import numpy as np


def content_hashes(levels: np.ndarray, white: int = 255) -> tuple[str, ...]:
    """Hashes of an image's pixels: copies have one in common, whatever their name and depth.

    Of more than 256 levels some programs round to 255ths of white, some cut off the fraction, and
    some keep the upper 8 bits; others fill zeros in below 8 bits.

    Parameters
    ----------
    levels : ndarray of int, shape (height, width)
    white : int
        At least 255.

    Returns
    -------
    tuple of str
        Sorted: one of 8 bits, up to three of more.
    """
    upper = levels >> (white.bit_length() - 8)
    rounded = np.rint(levels * (255 / white))
    cut = levels.astype(np.uint32) * 255 // white
    greys = [grey.astype(np.uint8).tobytes() for grey in (upper, rounded, cut)]
    shape = f"{levels.shape}".encode()
    return tuple(sorted({hashlib.sha256(shape + grey).hexdigest() for grey in greys}))
