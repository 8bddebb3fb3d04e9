"""A PNG file whose pixels were damaged is refused, which Pillow would read."""

import io

import numpy as np
import pytest
from PIL import Image

from neuroloop.images.png_checksums import check_png


def _png() -> bytes:
    stream = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (9, 8), dtype=np.uint8)
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def test_no_bit_of_any_chunk_can_flip():
    content = _png()
    check_png(content)
    for bit in range(8 * 8, 8 * len(content), 5):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError, match=r"checksum|too early"):
            check_png(bytes(flipped))


def test_what_is_cut_is_refused_and_what_follows_the_end_is_not_read():
    content = _png()
    for length in (20, len(content) - 12, len(content) - 1):
        with pytest.raises(ValueError, match=r"checksum|too early"):
            check_png(content[:length])
    check_png(content + b"more")
    check_png(b"BM no PNG")
