"""Categories whose name says that nothing was shown."""

import re
from collections.abc import Iterable

from neuroloop.files.intake import Intake

#: Words for the lack of a stimulus.
REST = frozenset(
    re.findall(
        r"\w+",
        "rest resting fix fixation baseline null blank iti isi idle nostim nostimulus none nothing "
        "empty pause crosshair",
    )
)

#: Words that may stand beside them and say no more.
BESIDE = frozenset(
    re.findall(
        r"\w+",
        "cross point dot screen event trial block phase period interval stimulus state volume "
        "inter gray grey black only condition task",
    )
)


#: Names in parts that mean the same.
JOINED = re.compile(
    r"\b(no)[ _-]+(stim\w*)|\binter[ _-]*(trial|stimulus)[ _-]*interval", re.IGNORECASE
)

#: Where one word ends and another begins.
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def looks_like_rest(name: str) -> bool:
    """Say whether a category is, by its name, the lack of a stimulus.

    ``fixation``, ``Rest_2``, ``blank screen`` and ``+`` do; ``rest room`` and ``null hypothesis``
    do not: every word has to be of `REST` or stand beside one.
    """
    plain = JOINED.sub("rest", name.strip())
    if plain == "+":
        return True
    words = {word.lower() for word in WORDS.findall(plain)}
    compound = {word for word in words if _compound(word)}
    return bool((words & REST) | compound) and words <= REST | BESIDE | compound


def _compound(word: str) -> bool:
    """Whether a word is one of `REST` and one of `BESIDE` in one: fixationcross."""
    return any(
        (word.startswith(rest) and word[len(rest) :] in BESIDE) or word == rest + "s"
        for rest in REST
    )


def warn_of_rest(categories: Iterable[str], intake: Intake) -> None:
    """Warn of categories that look like rest and are decoded as classes all the same.

    Parameters
    ----------
    categories : iterable of str
    intake : Intake
        Gets the warning.
    """
    found = sorted({name for name in categories if looks_like_rest(name)})
    if found:
        are = "is a class" if len(found) == 1 else "are classes"
        intake.warn(
            f"{', '.join(found)} {are} by the labels, but by name no stimulus: if nothing was "
            "shown then, scores and chance are of too many classes: leave these rows out "
            "(NIfTI: by the keys rest or drop)."
        )
