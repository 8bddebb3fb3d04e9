"""The central square of an image, which is what networks see."""

from PIL import Image


def centre_square(image: Image.Image, size: int) -> Image.Image:
    """Crop the largest central square of an image and scale it to one size.

    A triangular filter as wide as a new pixel weights all pixels that it covers, so that fine
    structures do not alias. Where the sides differ by an odd number of pixels the square begins
    at half a pixel; it is never stretched.

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
