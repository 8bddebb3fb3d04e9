"""Tables of what each protocol makes of each world, in results/published/*.tsv and the docs."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from neuroloop.files.atomic import atomic
from neuroloop.files.tables import save_table
from neuroloop.published.protocol import Protocol, flaws
from tests.calibrate.claim import Outcome
from tests.published.studies import Study, interval

#: What stands around the tables in docs/published.md.
BEGIN, END = "<!-- make published: begin -->", "<!-- make published: end -->"

#: By part: what the numbers of an outcome are, and the last, a rate.
NUMBERS = {
    "decoding": ("points", "found"),
    "students": ("overstated", "gain", "claimed"),
    "readers": ("points", "found"),
    "maps": ("points", "found"),
    "films": ("points", "found"),
}

#: By part: what stands above its table.
HEADS = {
    "decoding": "Decoding of a brain",
    "students": "Students of a brain",
    "readers": "Readers of neurons",
    "maps": "Maps of readers",
    "films": "Classifiers of radiographs",
}


def tables(
    studies: Sequence[Study], outcomes: Mapping[str, Sequence[Outcome]]
) -> dict[str, pd.DataFrame]:
    """A table a part, a row a world and protocol: means and rates over studies, with intervals."""
    from scipy.stats import binomtest  # takes a second to import

    made: dict[str, list[dict[str, object]]] = {}
    for study in studies:
        given = np.array(outcomes[study.name], dtype=float)
        if not len(given):
            continue
        row: dict[str, object] = {"protocol": study.protocol.name, "world": study.world}
        defined = given[np.isfinite(given).all(axis=1)]
        row |= {"studies": len(given), "of": study.studies, "without": len(given) - len(defined)}
        *means, rate = NUMBERS[study.part]
        for name, values in zip(means, defined.T, strict=False):
            row |= dict(zip((name, f"{name}_low", f"{name}_high"), interval(values), strict=True))
        hits = int(given[:, -1].sum())
        bounds = binomtest(hits, len(given)).proportion_ci(method="exact")
        row |= {rate: hits / len(given), f"{rate}_low": bounds.low, f"{rate}_high": bounds.high}
        made.setdefault(study.part, []).append(row)
    return {part: pd.DataFrame(rows) for part, rows in made.items()}


def save(folder: Path, made: Mapping[str, pd.DataFrame]) -> None:
    """Write a table a part: published_decoding.tsv and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, table in made.items():
        save_table(folder / f"published_{part}.tsv", table)


def markdown(part: str, table: pd.DataFrame) -> str:
    """The table of a part, a row a protocol."""
    *means, rate = NUMBERS[part]
    head = ["protocol"]
    for world in table["world"].unique():
        head += [f"{world}: {name.replace('_', ' ')}" for name in means]
        head += [f"{rate} in % of studies", "studies"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for protocol, rows in table.groupby("protocol", sort=False):
        cells = [_title(str(protocol))]
        for _, row in rows.iterrows():
            for name in means:
                numbers = (row[name], row[f"{name}_low"], row[f"{name}_high"])
                cells.append("{:+.1f} [{:.1f}, {:.1f}]".format(*numbers))
            rates = (100 * row[one] for one in (rate, f"{rate}_low", f"{rate}_high"))
            cells.append("{:.0f} [{:.0f}, {:.0f}]".format(*rates))
            cells.append(f"{row['studies']}" + _short(row["studies"], row["of"], row["without"]))
        lines.append("| " + " | ".join(cells) + " |")
    return f"{HEADS[part]}:\n\n" + "\n".join(lines) + "\n"


def _title(protocol: str) -> str:
    if protocol == "strict":
        return "**strict**"
    alone = flaws().get(protocol.removeprefix("published: "))
    return alone.TITLE if alone else "**all together**"


def _short(n: int, full: int, without: int) -> str:
    cut_off = "" if n == full else f" of {full}"
    return cut_off + (f" ({without} without points)" if without else "")


def write(file: Path, made: Mapping[str, pd.DataFrame]) -> None:
    """Put the tables between the marks of a file."""
    text = file.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit(f"{file} lacks the marks of its tables: {BEGIN} and {END}")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    blocks = "\n".join(markdown(part, table) for part, table in made.items())
    with atomic(file) as temporary:
        temporary.write_text(f"{before}{BEGIN}\n\n{blocks}\n{END}{after}", encoding="utf-8")


#: What stands around a number in docs/checklist.md: its part and flaw (or strict).
COUNTED = re.compile(r"(<!-- counted: (\w+) (\w+) -->).*?(<!-- end -->)")


def fill(file: Path, made: Mapping[str, pd.DataFrame]) -> None:
    """Put what noise gave under a flaw wherever a file asks for it, of the parts that were made."""

    def counted(found: re.Match[str]) -> str:
        mark, part, flaw, end = found.groups()
        return mark + said(part, flaw, made[part]) + end if part in made else found[0]

    with atomic(file) as temporary:
        text = COUNTED.sub(counted, file.read_text(encoding="utf-8"))
        temporary.write_text(text, encoding="utf-8")


def said(part: str, flaw: str, table: pd.DataFrame) -> str:
    """What one flaw made of noise, in words: the numbers of its part, and the rate."""
    *means, rate = NUMBERS[part]
    protocol = flaw if flaw == "strict" else Protocol((flaw,)).name
    row = table[(table["protocol"] == protocol) & (table["world"] == "noise")].iloc[0]
    names = [f"{name} " if name != "points" else "" for name in means]
    words = [f"{name}{row[mean]:+.1f}" for name, mean in zip(names, means, strict=True)]
    return ", ".join([*words, f"{rate} in {100 * row[rate]:.0f} %"])
