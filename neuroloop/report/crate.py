"""A finished run as an RO-Crate: what each file is, what it was made from, by which software.

RO-Crate 1.1 (Sefton et al. 2023, https://w3id.org/ro/crate/1.1), by the package rocrate: archives
such as Zenodo and WorkflowHub read it.
"""

import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from neuroloop import __version__
from neuroloop.files.formats import StrPath, save_json
from neuroloop.files.intake import ReadFile
from neuroloop.report.provenance import commit

#: Name of the file, which stands in the crate's root.
METADATA = "ro-crate-metadata.json"

#: Formats that the standard library does not know by their ends.
FORMATS = {
    ".tsv": "text/tab-separated-values",
    ".h5": "application/x-hdf5",
    ".npy": "application/octet-stream",
    ".npz": "application/zip",
    ".safetensors": "application/octet-stream",
}


def crate_of(
    folder: StrPath, summary: Mapping[str, Any], inputs: Sequence[ReadFile], page: str
) -> ROCrate:
    """Describe all files of a run.

    Parameters
    ----------
    folder : path
        Of results: the root of the crate.
    summary : mapping
        summary.json of the report.
    inputs : sequence of ReadFile
        Files that were read.
    page : str
        The report's page, below the folder; its time is that of the crate.
    """
    root = Path(folder)
    crate = ROCrate(version="1.1")
    made = datetime.fromtimestamp((root / page).stat().st_mtime, UTC)
    crate.name = f"{summary['title']}: {', '.join(one['name'] for one in summary['data'])}"
    crate.description = " ".join(
        f"{one['question']} ({one['data']}{', simulated' if one['simulated'] else ''}) "
        f"{one['answer']}"
        for one in summary["answers"]
    )
    crate.datePublished = made
    crate.license = crate.add(
        ContextEntity(
            crate,
            "#license",
            {
                "@type": "CreativeWork",
                "name": "All rights reserved",
                "description": "All rights of the data stay with their owners.",
            },
        )
    )
    files = {path: _add(crate, root, path) for path in _files(root)}
    software = crate.add(
        ContextEntity(
            crate,
            "#neuroloop",
            {
                "@type": "SoftwareApplication",
                "name": "NeuroLoop",
                "version": __version__,
                "softwareVersion": summary["software"],
                "identifier": commit() or __version__,
            },
        )
    )
    read = [
        crate.add(
            ContextEntity(
                crate,
                f"#input-{number}",
                {
                    "@type": "CreativeWork",
                    "name": one.file,
                    "identifier": f"sha256:{one.sha256}",
                    "size": f"{one.bytes} bytes",
                },
            )
        )
        for number, one in enumerate(inputs, start=1)
    ]
    action = crate.add_action(
        software,
        "#run",
        object=read or None,
        result=files[page],
        properties={"name": "Run of the workflow", "endTime": made.isoformat()},
    )
    crate.root_dataset["mentions"] = action
    crate.root_dataset["mainEntity"] = files[page]
    return crate


def write_metadata(crate: ROCrate, path: StrPath) -> None:
    """Write the crate's metadata, and no copy of its files."""
    save_json(path, crate.metadata.generate())


def _files(root: Path) -> Iterable[str]:
    """All files below a folder, but hidden ones and the crate's own."""
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_file() and not hidden and inside.name != METADATA:
            yield inside.as_posix()


def _add(crate: ROCrate, root: Path, inside: str) -> Any:
    suffix = Path(inside).suffix
    kind = FORMATS.get(suffix) or mimetypes.guess_type(inside)[0] or "application/octet-stream"
    facts = {
        "name": inside,
        "encodingFormat": kind,
        "contentSize": str((root / inside).stat().st_size),
    }
    return crate.add_file(dest_path=inside, properties=facts)
