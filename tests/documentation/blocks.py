"""What docs say of a finished demo: a text of each pair of marks in a page."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import fill, indent

from neuroloop.files.atomic import atomic
from tests.documentation.numbers import CONTROLS, Number, Numbers

#: Marks around a text that `make numbers` writes, and its name.
MARKED = re.compile(
    r"^(?P<indent> *)(<!-- make numbers: (?P<name>\w+) -->)\n.*?(<!-- make numbers: end -->)",
    re.DOTALL | re.MULTILINE,
)

#: Characters of a line of text.
WIDTH = 140


def written(page: str, numbers: Numbers) -> str:
    """A page with every text between marks written anew."""

    def anew(found: re.Match[str]) -> str:
        text = f"{found[2]}\n\n{BLOCKS[found['name']](numbers)}\n\n{found[4]}"
        return indent(text, found["indent"])

    return MARKED.sub(anew, page)


def write(file: Path, numbers: Numbers) -> bool:
    """Write the marked texts of a page anew; whether that changed it."""
    before = file.read_text(encoding="utf-8")
    after = written(before, numbers)
    if after == before:
        return False
    with atomic(file) as made:
        made.write_text(after, encoding="utf-8")
    return True


def said(numbers: Sequence[Number], scale: float = 100, digits: int = 1) -> str:
    """Values over runs, with their widest interval: ``1.6 to 1.8 [0.2, 3.1]``."""
    values = _spread([one.value for one in numbers], scale, digits)
    bounds = [(one.low, one.high) for one in numbers if one.low is not None]
    if len(bounds) < len(numbers):
        return values
    low = min(low for low, _ in bounds if low is not None)
    high = max(high for _, high in bounds if high is not None)
    return f"{values} [{_text(low, scale, digits)}, {_text(high, scale, digits)}]"


def _spread(values: Sequence[float], scale: float, digits: int) -> str:
    texts = list(dict.fromkeys(_text(value, scale, digits) for value in sorted(values)))
    return texts[0] if len(texts) == 1 else f"{texts[0]} to {texts[-1]}"


def _text(value: float, scale: float, digits: int) -> str:
    return f"{round(scale * value, digits) + 0.0:.{digits}f}"  # no -0.0


def _wrapped(text: str) -> str:
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _runs(numbers: Numbers) -> str:
    if len(numbers.runs) == 1:
        return "Of one run; another processor rounds otherwise and so trains other networks."
    return f"Over {len(numbers.runs)} runs, whose processors round differently and so train others."


def _rows(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def commands(numbers: Numbers) -> str:
    """The two commands of README."""
    least, most = numbers.minutes
    return (
        "```sh\n"
        f"make demo   # everything, on simulated data: {least} to {most} minutes on 2 cores\n"
        "make test   # the test suite\n"
        "```"
    )


def time(numbers: Numbers) -> str:
    """How long the demo takes."""
    least, most = numbers.minutes
    return f"It takes {least} to {most} minutes on two cores, as these are fast and free."


def decoding(numbers: Numbers) -> str:
    """Accuracies by subject and region."""
    rows = [
        [f"`{roi}`", *(said(numbers.of(f"decoding {who} {roi}"), digits=0) for who in ("S1", "S2"))]
        for roi in ("V1", "HVC", "Noise")
    ]
    titles = ["images named right, % [95 % interval]", "S1", "S2"]
    return f"{_rows(titles, rows)}\n\nChance is 10 %."


def teaching(numbers: Numbers) -> str:
    """What S1's HVC adds, less each control."""
    rows = [
        [told, said(numbers.of(f"brain S1 HVC - {control}"))] for control, told in CONTROLS.items()
    ]
    table = _rows(["less", "`HVC` of S1 adds, points [95 % interval]"], rows)
    p = said(numbers.of("p of brain S1 HVC - withinclass"), 1, 3)
    v1 = said(numbers.of("brain S1 V1 - none"))
    s2 = said(numbers.of("brain S2 HVC - smooth"))
    noise = said([*numbers.of("brain S1 Noise - smooth"), *numbers.of("brain S2 Noise - smooth")])
    text = (
        f"{_runs(numbers)} The fourth row is the exact test, with p {p} (least possible: 0.025). "
        f"`V1` of S1 adds {v1} to labels alone, `HVC` of S2 {s2} to smoothing, `Noise` of both "
        f"{noise} to smoothing."
    )
    return f"{table}\n\n{_wrapped(text)}"


def neurons(numbers: Numbers) -> str:
    """What readers name, and what changed."""
    rows = [
        [told, *(said(numbers.of(f"named {day} {of}"), digits=0) for day in ("before", "after"))]
        for told, of in (
            ("frames of the response", "frames"),
            ("frames before it: the control", "frames before"),
        )
    ]
    table = _rows(["all stimulated cells named, % of frames", "first day", "second day"], rows)
    traces, maps = (said(numbers.of(f"change {route}"), 1, 2) for route in ("influence", "maps"))
    text = (
        f"{_runs(numbers)} Chance is 5 to 6 %. Coupling grew by {traces} of a cell's own response "
        f"by traces, by {maps} by the networks' maps."
    )
    return f"{table}\n\n{_wrapped(text)}"


def likeness(numbers: Numbers) -> str:
    """ZNCC beside its nulls."""
    total = said(numbers.of("zncc sum"), 1, 0)
    of_untrained = said(numbers.of("zncc sum, untrained networks"), 1, 0)
    sharing = [
        said(numbers.of(f"zncc sharing_excess{null}"), 1, 2)
        for null in ("", ", untrained networks", ", permuted labels")
    ]
    p = said(numbers.of("p of zncc sharing_excess, permuted labels"), 1, 3)
    return _wrapped(
        f"In the demo the published sum is {total} on the first day, and {of_untrained} for "
        f"networks that learned nothing; sharing a cell adds {sharing[0]}, and {sharing[1]} "
        "without training: a map depends on the output that it explains. Permuted labels give "
        f"{sharing[2]} (p {p}), so that permutation alone would have called this a finding. "
        "Brackets hold 95 %: of resampled trials, of untrained networks, of permutations."
    )


def films(numbers: Numbers) -> str:
    """Macro-F1 of classifiers, and the leak."""
    rows = [
        [
            f"`{classifier}`",
            *(
                said(numbers.of(f"macro_f1 {case} {classifier}"), 1, 2)
                for case in ("case1", "case5")
            ),
        ]
        for classifier in ("logistic", "fine")
    ]
    table = _rows(
        ["macro-F1 [95 % interval]", "`case1`: as they are", "`case5`: balanced, augmented"], rows
    )
    leak = said(numbers.of("leak"), 1, 2)
    text = (
        f"{_runs(numbers)} Chance is a third. Split by image, so that patients stand on both "
        f"sides, the same training of `fine` seems {leak} better: that is the leak, and no result."
    )
    return f"{table}\n\n{_wrapped(text)}"


#: What stands between the marks of each name.
BLOCKS: dict[str, Callable[[Numbers], str]] = {
    block.__name__: block
    for block in (commands, time, decoding, teaching, neurons, likeness, films)
}
