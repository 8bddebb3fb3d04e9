import hashlib
from pathlib import Path

from neuroloop.files.download_registry import COLUMNS
from neuroloop.files.formats import read_json
from scripts.retrieve.retrieve_file import retrieve_file


def test_the_receipt_says_what_is_there(tmp_path: Path) -> None:
    content = b"voxels"
    md5 = hashlib.md5(content).hexdigest()
    row = {
        **dict.fromkeys(COLUMNS, "n/a"),
        "name": "scan",
        "path": "study/scan.h5",
        "url": "https://archive.example/files/7",
        "size": str(len(content)),
        "md5": md5,
        "page": "https://archive.example",
    }
    registry = tmp_path / "registry.tsv"
    registry.write_text("\t".join(COLUMNS) + "\n" + "\t".join(row[key] for key in COLUMNS) + "\n")
    destination = tmp_path / "scan.h5"
    destination.write_bytes(content)
    retrieve_file(
        registry=registry, file="scan", destination=destination, receipt=tmp_path / "receipt.json"
    )
    assert read_json(tmp_path / "receipt.json") == {
        "file": str(destination),
        "url": "https://archive.example/files/7",
        "size": len(content),
        "md5": md5,
        "state": "present",
    }
