"""Where the lungs are, and radiographs of which only they, or all but they, are seen."""

import numpy as np

#: Centre (row, column), half axes (rows, columns) and tilt in degrees of the lungs' outlines, in
#: parts of the side of a frontal radiograph that is cropped as radiographers do.
OUTLINES = ((0.47, 0.29, 0.33, 0.17, -12.0), (0.47, 0.71, 0.33, 0.17, 12.0))


def lung_template(size: int) -> np.ndarray:
    """Two ellipses where a frontal radiograph usually has its lungs.

    A coarse stand-in where nobody has drawn the lungs: borders of a single radiograph's lungs lie
    on either side of it, and so does a lesion now and then.

    Parameters
    ----------
    size : int
        Side of a radiograph in pixels.

    Returns
    -------
    ndarray of bool, shape (size, size)
    """
    line = (np.arange(size) + 0.5) / size
    row, column = np.meshgrid(line, line, indexing="ij")
    inside = np.zeros((size, size), dtype=bool)
    for middle, across, tall, wide, tilt in OUTLINES:
        angle = np.deg2rad(tilt)
        down, right = row - middle, column - across
        along = down * np.cos(angle) + right * np.sin(angle)
        beside = right * np.cos(angle) - down * np.sin(angle)
        inside |= (along / tall) ** 2 + (beside / wide) ** 2 <= 1
    return inside


def shown_radiographs(radiographs: np.ndarray, lungs: np.ndarray, shown: str) -> np.ndarray:
    """Radiographs with a part of them replaced by the mean grey level of what is left of each.

    Parameters
    ----------
    radiographs : ndarray of float32, shape (n, height, width)
    lungs : ndarray of bool, shape (n, height, width) or (height, width)
    shown : {"whole", "lungs", "background"}
        ``background`` hides the lungs: what a network names right then, it reads from what no
        disease changes.

    Returns
    -------
    ndarray of float32, shape (n, height, width)
    """
    if shown == "whole":
        return radiographs
    seen = np.broadcast_to(lungs if shown == "lungs" else ~lungs, radiographs.shape)
    count = np.maximum(seen.sum((1, 2)), 1)
    mean = np.where(seen, radiographs, 0).sum((1, 2), dtype=np.float64) / count
    return np.where(seen, radiographs, mean[:, None, None]).astype(np.float32)
