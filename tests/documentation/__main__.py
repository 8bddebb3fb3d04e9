"""Write the numbers and make the pictures of README and docs, from a finished demo.

    python -m tests.documentation numbers --results results
    python -m tests.documentation pictures --results results
    python -m tests.documentation commands

`numbers` reads the demo's tables into docs/numbers.json and writes what stands between the marks of
pages (`<!-- make numbers: NAME -->`); `--add` keeps the runs that are there, which are of the same
code on other processors. Without `--results` it writes the pages from what is kept. `pictures`
photographs the demo's pages with Chromium and copies its figures into docs/images. `commands` lists
every command of README and docs with how it is tested.
"""

import argparse
import sys
from pathlib import Path

from tests.documentation import blocks, numbers, pictures
from tests.documentation.commands import commands, rule_of
from tests.documentation.pages import pages
from tests.project import ROOT


def main() -> int:
    """Run as the arguments say; 1 if a picture could not be made."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.documentation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=("numbers", "pictures", "commands"))
    parser.add_argument("--results", type=Path, help="results of a finished demo")
    parser.add_argument("--add", action="store_true", help="beside the runs that are kept")
    asked = parser.parse_args()
    if asked.what == "numbers":
        return write_numbers(asked.results, asked.add)
    if asked.what == "commands":
        for command in commands():
            rule = rule_of(command.line)
            print(f"{command}\n    {rule.how}: {rule.why}")
        return 0
    if asked.results is None:
        parser.error("pictures are made of a finished demo: add --results FOLDER")
    made, missing = pictures.make(asked.results)
    for name in made:
        print(f"docs/images/{name}.png")
    for reason in missing:
        print(f"not made: {reason}")
    return int(bool(missing))


def write_numbers(results: Path | None, add: bool) -> int:
    """Read a run, keep it, and write every page; 0."""
    kept = numbers.kept()
    if results is not None:
        kept = numbers.with_run(kept, results, add)
        numbers.keep(kept)
        print("docs/numbers.json")
    for name in pages():
        if blocks.write(ROOT / name, kept):
            print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
