"""The table of claims: printed, and written into docs/claims.md."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from neuroloop.files.atomic import atomic
from tests.calibrate.claim import Tally

#: What stands around the table in docs/claims.md.
BEGIN, END = "<!-- make calibrate: begin -->", "<!-- make calibrate: end -->"


def printed(tallies: Sequence[Tally]) -> str:
    """Lines for a terminal."""
    width = max([len(tally.claim.name) for tally in tallies], default=0) + 2
    lines = [f"{'claim':{width}}{'kind':10}{'studies':>8}{'rate':>9}  {'95 % interval':16}verdict"]
    for tally in tallies:
        low, high = tally.bounds()
        lines.append(
            f"{tally.claim.name:{width}}{tally.claim.kind:10}{tally.n:8}{100 * tally.rate:7.1f} %"
            f"  {f'{100 * low:.1f} to {100 * high:.1f}':16}{tally.verdict}"
        )
    return "\n".join(lines)


def markdown(parts: Mapping[str, Sequence[Tally]]) -> str:
    """Tables for docs/claims.md, one a part."""
    blocks = []
    for part, tallies in parts.items():
        rows = "\n".join(_row(tally) for tally in tallies)
        blocks.append(
            f"### {part.capitalize()}\n\n"
            "| claim | world | varies | studies | rate, % | verdict |\n"
            "|---|---|---|---|---|---|\n"
            f"{rows}\n"
        )
    return "\n".join(blocks)


def _row(tally: Tally) -> str:
    low, high = tally.bounds()
    claim = tally.claim
    without = f" ({tally.without} without)" if tally.without else ""
    short = f" of {claim.studies}" if tally.n + tally.without < claim.studies else ""
    rate = f"{100 * tally.rate:.1f} [{100 * low:.1f}, {100 * high:.1f}]" if tally.n else ""
    what = {"test": "significant", "interval": "covered", "power": "found"}[claim.kind]
    return (
        f"| `{claim.name}` | {claim.world} | {claim.unit} | {tally.n}{short}{without} "
        f"| {what} {rate} | {tally.verdict} |"
    )


def write(file: Path, parts: Mapping[str, Sequence[Tally]]) -> None:
    """Put the tables between the marks of a file."""
    text = file.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit(f"{file} lacks the marks of its table: {BEGIN} and {END}")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    with atomic(file) as made:
        made.write_text(f"{before}{BEGIN}\n\n{markdown(parts)}\n{END}{after}", encoding="utf-8")
