"""Downloads from a server of this process: nothing leaves the machine."""

import errno
import hashlib
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.download_registry import Source
from neuroloop.files.downloads import CHUNK, Patience, difference, fetch, look_up

CONTENT = bytes(range(256)) * (CHUNK // 100)  # between two and three chunks
QUICK = Patience(attempts=3, wait=0.0, timeout=5.0)


@dataclass
class Archive:
    """A little server: what it holds, how it misbehaves, and what it was asked."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    closes_after: list[int] = field(default_factory=list)  # bytes of the next answers' bodies
    answers: list[int] = field(default_factory=list)  # status of the next answers
    resumes: bool = True
    asked: list[str | None] = field(default_factory=list)  # Range header of each request


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    state = Archive()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            state.asked.append(wanted)
            status = state.answers.pop(0) if state.answers else 200
            body = state.files.get(self.path)
            if status != 200 or body is None:
                self.send_response(status if status != 200 else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start = 0
            if wanted and state.resumes:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            end = start + state.closes_after.pop(0) if state.closes_after else len(body)
            self.wfile.write(body[start:end])

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield state
    server.shutdown()
    server.server_close()


def published(archive: Archive, content: bytes = CONTENT, **changes: Any) -> Source:
    """Put content on the server and describe it as the registry would."""
    archive.files["/files/7"] = content
    source = Source(
        name="scan",
        path="study/scan.h5",
        url=f"{archive.url}/files/7",
        record="",
        size=len(content),
        md5=hashlib.md5(content).hexdigest(),
        licence="CC0",
        page="https://archive.example/study",
        note="",
    )
    return replace(source, **changes)


def line(caught: pytest.ExceptionInfo[NeuroLoopError]) -> str:
    """The message, which must be one line."""
    assert "\n" not in str(caught.value)
    return str(caught.value)


def names(folder: Path) -> list[str]:
    """What lies in a folder, hidden files included."""
    return [path.name for path in folder.iterdir()]


def test_downloads_verifies_and_leaves_nothing_else(archive: Archive, tmp_path: Path) -> None:
    destination = tmp_path / "study" / "scan.h5"
    source = published(archive)
    assert fetch(source, destination, QUICK)["state"] == "downloaded"
    assert destination.read_bytes() == CONTENT
    assert names(destination.parent) == ["scan.h5"]
    assert fetch(source, destination, QUICK)["state"] == "present"
    assert archive.asked == [None]  # the second time nothing was asked


def test_resumes_where_the_connection_broke(archive: Archive, tmp_path: Path) -> None:
    archive.closes_after = [1000, CHUNK]
    fetch(published(archive), tmp_path / "scan.h5", QUICK)
    assert (tmp_path / "scan.h5").read_bytes() == CONTENT
    assert archive.asked == [None, "bytes=1000-", f"bytes={1000 + CHUNK}-"]


def test_a_later_run_resumes(archive: Archive, tmp_path: Path) -> None:
    source = published(archive)
    archive.closes_after = [1000, 0, 0, 0]
    with pytest.raises(NeuroLoopError, match="it resumes") as caught:
        fetch(source, tmp_path / "scan.h5", QUICK)
    assert "connection closed early" in line(caught)
    assert not (tmp_path / "scan.h5").exists()
    archive.asked.clear()
    fetch(source, tmp_path / "scan.h5", QUICK)
    assert archive.asked == ["bytes=1000-"]
    assert (tmp_path / "scan.h5").read_bytes() == CONTENT


def test_progress_renews_the_attempts(archive: Archive, tmp_path: Path) -> None:
    archive.closes_after = [100] * 10  # more breaks than attempts, but each brings something
    fetch(published(archive), tmp_path / "scan.h5", QUICK)
    assert len(archive.asked) == 11


def test_a_server_that_cannot_resume_starts_again(archive: Archive, tmp_path: Path) -> None:
    archive.closes_after, archive.resumes = [1000], False
    fetch(published(archive), tmp_path / "scan.h5", QUICK)
    assert (tmp_path / "scan.h5").read_bytes() == CONTENT


@pytest.mark.parametrize("left", [b"another upload", CONTENT[::-1], CONTENT + b"more"])
def test_what_another_upload_left_is_dropped(archive: Archive, tmp_path: Path, left: bytes) -> None:
    (tmp_path / ".scan.h5.part").write_bytes(left)
    fetch(published(archive), tmp_path / "scan.h5", QUICK)
    assert (tmp_path / "scan.h5").read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_no_file(archive: Archive, tmp_path: Path) -> None:
    source = published(archive, md5="0" * 32)
    with pytest.raises(NeuroLoopError, match="MD5") as caught:
        fetch(source, tmp_path / "scan.h5", QUICK)
    assert "https://archive.example/study" in line(caught)
    assert names(tmp_path) == []


def test_a_longer_file_is_refused(archive: Archive, tmp_path: Path) -> None:
    source = published(archive, size=len(CONTENT) - CHUNK)
    with pytest.raises(NeuroLoopError, match="bytes instead of"):
        fetch(source, tmp_path / "scan.h5", QUICK)
    assert names(tmp_path) == []


def test_a_file_of_the_user_is_never_overwritten(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "scan.h5").write_bytes(b"mine")
    with pytest.raises(NeuroLoopError, match="move it away") as caught:
        fetch(published(archive), tmp_path / "scan.h5", QUICK)
    assert str(tmp_path / "scan.h5") in line(caught)
    assert (tmp_path / "scan.h5").read_bytes() == b"mine"
    assert archive.asked == []


def test_a_gone_file_says_where_to_get_it(archive: Archive, tmp_path: Path) -> None:
    source = published(archive)
    archive.files.clear()
    with pytest.raises(NeuroLoopError, match="404") as caught:
        fetch(source, tmp_path / "study" / "scan.h5", QUICK)
    message = line(caught)
    assert "https://archive.example/study" in message
    assert str(tmp_path / "study" / "scan.h5") in message
    assert len(archive.asked) == 1  # asking again would not help


@pytest.mark.parametrize("status", [202, 429, 503])
def test_a_busy_server_is_asked_again(archive: Archive, tmp_path: Path, status: int) -> None:
    archive.answers = [status, status]
    fetch(published(archive), tmp_path / "scan.h5", QUICK)
    assert len(archive.asked) == 3
    archive.answers = [status] * 3
    with pytest.raises(NeuroLoopError, match=f"answer {status}"):
        fetch(published(archive), tmp_path / "again.h5", QUICK)


def test_the_wait_doubles(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    archive.answers = [503, 503, 503]
    fetch(published(archive), tmp_path / "scan.h5", Patience(attempts=4, wait=2.0))
    assert waits == [2.0, 4.0, 8.0]


def test_no_network_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        source = published(Archive(url=url))
        with pytest.raises(NeuroLoopError, match="check the network") as caught:
            fetch(source, tmp_path / "scan.h5", QUICK)
    assert "refused" in line(caught)


def test_a_full_disk_is_one_line(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = published(archive)
    usage = shutil.disk_usage(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda _: usage._replace(free=len(CONTENT) - 1))
        with pytest.raises(NeuroLoopError, match="disk is full: make room for 3 MB"):
            fetch(source, tmp_path / "scan.h5", QUICK)
    assert archive.asked == []

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("neuroloop.files.downloads._append", full)
    with pytest.raises(NeuroLoopError, match="disk is full") as caught:
        fetch(source, tmp_path / "scan.h5", QUICK)
    assert "data_folder" in line(caught)


def test_a_folder_that_cannot_be_made_is_one_line(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "study").write_text("a file, not a folder")
    with pytest.raises(NeuroLoopError, match="cannot write") as caught:
        fetch(published(archive), tmp_path / "study" / "scan.h5", QUICK)
    assert str(tmp_path / "study") in line(caught)


def test_what_has_no_address_is_got_by_hand(tmp_path: Path) -> None:
    source = published(Archive(), url="")
    with pytest.raises(NeuroLoopError, match=r"by hand from https://archive\.example/study"):
        fetch(source, tmp_path / "scan.h5", QUICK)


def listed(archive: Archive, *files: dict[str, Any]) -> str:
    archive.files["/record"] = json.dumps(list(files)).encode()
    return f"{archive.url}/record"


def entry(archive: Archive, **changes: Any) -> dict[str, Any]:
    """What the archive's API says about one file."""
    return {
        "id": 7,
        "name": "scan.h5",
        "size": len(CONTENT),
        "download_url": f"{archive.url}/files/7",
        "computed_md5": hashlib.md5(CONTENT).hexdigest(),
        "supplied_md5": "",
        **changes,
    }


def test_size_and_md5_come_from_the_archive(archive: Archive, tmp_path: Path) -> None:
    record = listed(archive, entry(archive, id=6, size=1), entry(archive))
    source = published(archive, size=None, md5=None, record=record)
    complete = look_up(source, QUICK)
    assert (complete.size, complete.md5) == (len(CONTENT), hashlib.md5(CONTENT).hexdigest())
    assert fetch(source, tmp_path / "scan.h5", QUICK)["size"] == len(CONTENT)
    assert difference(tmp_path / "scan.h5", complete) is None


def test_an_article_lists_its_files_under_a_key(archive: Archive) -> None:
    archive.files["/article"] = json.dumps({"files": [entry(archive)]}).encode()
    source = published(archive, size=None, record=f"{archive.url}/article")
    assert look_up(source, QUICK).size == len(CONTENT)


def test_a_replaced_file_is_found_by_name(archive: Archive, tmp_path: Path) -> None:
    archive.files["/files/8"] = CONTENT
    replaced = entry(archive, id=8, download_url=f"{archive.url}/files/8", computed_md5=None)
    replaced["supplied_md5"] = hashlib.md5(CONTENT).hexdigest().upper()
    source = published(archive, size=None, md5=None, record=listed(archive, replaced))
    del archive.files["/files/7"]
    assert fetch(source, tmp_path / "scan.h5", QUICK)["url"] == f"{archive.url}/files/8"


@pytest.mark.parametrize(
    "text", [b"<html>", b"[]", b"{}", b'[{"id": 7}]', b'[{"id": 7, "size": "many"}]', b"null"]
)
def test_a_record_that_does_not_list_the_file(archive: Archive, text: bytes) -> None:
    archive.files["/record"] = text
    source = published(archive, size=None, md5=None, record=f"{archive.url}/record")
    with pytest.raises(NeuroLoopError, match=r"does not list scan\.h5") as caught:
        look_up(source, QUICK)
    assert "https://archive.example/study" in line(caught)


def test_an_archive_out_of_reach(archive: Archive) -> None:
    source = published(archive, size=None, md5=None, record=f"{archive.url}/record")
    with pytest.raises(NeuroLoopError, match="404"):
        look_up(source, QUICK)
    archive.answers = [500] * 3
    with pytest.raises(NeuroLoopError, match=r"size and MD5 of .* are unknown") as caught:
        look_up(source, QUICK)
    assert "answer 500" in line(caught)
