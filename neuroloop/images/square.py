"""The square that networks see of an image."""

from PIL import Image


def centre_square(image: Image.Image, size: int) -> Image.Image:
    """Scale the largest square in the middle of an image to one size.

    A triangular filter as wide as a new pixel takes part of all pixels below it, so that fine
    structures do not alias. The square begins at half a pixel where the sides differ by an odd
    number of them, and is never stretched.

    Parameters
    ----------
    image : Image
        Of any mode that Pillow resamples.
    size : int
        Side in pixels.

    Returns
    -------
    Image
        An image of `size` x `size` pixels is returned as it is.
    """
    side = min(image.size)
    left, top = ((length - side) / 2 for length in image.size)
    box = (left, top, left + side, top + side)
    return image.resize((size, size), Image.Resampling.BILINEAR, box=box)
