"""The square that networks see of an image: its middle, or all of it between black bars."""

from PIL import Image

#: How an image that is not square is fitted into one: its longer side is cut, or its shorter side
#: is filled up with black.
FITS = ("crop", "pad")


def fitted_square(image: Image.Image, size: int, fit: str = "crop") -> Image.Image:
    """Fit an image into a square of one size by one of the `FITS`."""
    return centre_square(image, size) if fit == "crop" else padded_square(image, size)


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


def padded_square(image: Image.Image, size: int) -> Image.Image:
    """Scale an image until its longer side has one size, and centre it on a black square.

    Parameters
    ----------
    image : Image
        As for `centre_square`; scaled by the same filter. The shorter side is rounded to whole
        pixels, the one place where an image is stretched, by less than a pixel.
    size : int
        Side in pixels.

    Returns
    -------
    Image
    """
    longer = max(image.size)
    width, height = (max(1, round(length * size / longer)) for length in image.size)
    whole = Image.new(image.mode, (size, size))
    scaled = image.resize((width, height), Image.Resampling.BILINEAR)
    whole.paste(scaled, ((size - width) // 2, (size - height) // 2))
    return whole
