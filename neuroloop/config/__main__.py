"""`python -m neuroloop.config`: write config/schema.yaml and docs/configuration.md anew."""

from pathlib import Path

from neuroloop.config.reference import reference
from neuroloop.config.schema import schema_file

ROOT = Path(__file__).parents[2]

#: What is written of the settings, and where.
WRITTEN = {"config/schema.yaml": schema_file, "docs/configuration.md": reference}


def write(root: Path = ROOT) -> None:
    """Write every file that is made of what the settings say of themselves."""
    for path, text in WRITTEN.items():
        (root / path).write_text(text())


if __name__ == "__main__":
    write()
