"""Images by names that a reader understands, and whether a network knows them."""

import re

from neuroloop.explain.models.model_file import OpenedModel

#: Said where model.json does not tell.
NOT_KNOWN = "Whether the network was trained on these images is not stated (facts.held_out)."

#: An id that begins with the number of a class: ``"3.000042"``.
NUMBERED = re.compile(r"\d+\.0*(\d+)")


def image_title(opened: OpenedModel, name: str, truth: str | None) -> str:
    """What an image is: ``"test image 42, digit3"``.

    Parameters
    ----------
    opened : OpenedModel
    name : str
        Its id.
    truth : str or None
        Its true class, or classes joined by ``+``, if they are known.
    """
    found = NUMBERED.fullmatch(name)
    title = f"{opened.facts.get('images_are') or 'image'} {found[1] if found else name}"
    return f"{title}, {truth.replace('+', ' + ')}" if truth else title


def held_out(opened: OpenedModel) -> str:
    """Whether the network was trained on its images, in a sentence."""
    return str(opened.facts.get("held_out") or NOT_KNOWN)
