"""The page that follows a folder: served to this machine alone, with the status and the report of what is stored by then."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from forking import Command
from watched import change, lose, run

from nasbed import locks
from nasbed.engines.in_process import InProcess
from nasbed.errors import OptionError, StoreError
from nasbed.monitoring.following import Following, make_report
from nasbed.monitoring.server import ADDRESS, WatchServer, serving

BROWSER = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
DRIVER = shutil.which("chromedriver")


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another report may be made at once, however long the last one took."""
    monkeypatch.setattr("nasbed.monitoring.following._PAUSE", 0.0)


@pytest.fixture
def following(out: Path) -> Following:
    return Following(out, InProcess(), every=1e-9)


@pytest.fixture
def server(following: Following) -> Iterator[WatchServer]:
    with WatchServer(0, following) as made:
        thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def ask(server: WatchServer, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """The code, the headers and the content of an answer; the path is sent as it stands."""
    connection = http.client.HTTPConnection(ADDRESS, server.server_address[1], timeout=20)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


def looked(following: Following) -> dict[str, Any]:
    """The status after two looks: with the first a report is made, with the second it is there."""
    following.look()
    following.look()
    content: dict[str, Any] = json.loads(following.status)
    return content


def test_the_page_is_served_with_its_assets(server: WatchServer, following: Following) -> None:
    shown = looked(following)
    for path, kind, text in (
        ("/", "text/html; charset=utf-8", b"<title>nasbed watch</title>"),
        ("/watch.js", "text/javascript; charset=utf-8", b"status.json"),
        ("/watch.css", "text/css; charset=utf-8", b"iframe"),
        ("/report.css", "text/css; charset=utf-8", b"--ground"),
        ("/report?version=1", "text/html; charset=utf-8", b"Small &amp; &lt;b&gt;bold&lt;/b&gt;"),
    ):
        code, headers, content = ask(server, path)
        assert (code, headers["Content-Type"]) == (200, kind), path
        assert text in content, path
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert ask(server, path, "HEAD")[2] == b""
    code, headers, content = ask(server, "/status.json")
    assert json.loads(content) == shown
    assert "Access-Control-Allow-Origin" not in headers
    policy = ask(server, "/")[1]["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert not re.search(rb"https?://", b"".join(ask(server, path)[2] for path in ("/", "/watch.js", "/watch.css")))


@pytest.mark.parametrize(
    "path",
    [
        "/run.json",
        "/../run.json",
        "/..%2frun.json",
        "//etc/passwd",
        "/watch.html",
        "/page/watch.js",
        "/report/",
        "/%00",
        "*",
    ],
)
def test_nothing_else_is_served(server: WatchServer, path: str) -> None:
    assert ask(server, path)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_sent(server: WatchServer, method: str) -> None:
    assert ask(server, "/", method)[0] == 501


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost@evil.example", "", "[", "0.0.0.0"]
)
def test_a_name_of_elsewhere_is_refused(server: WatchServer, host: str) -> None:
    code, _, content = ask(server, "/status.json", Host=host)
    assert (code, content) == (403, b"expected the host 127.0.0.1 or localhost\n")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1234", "127.0.0.1:8000"])
def test_own_names_are_answered(server: WatchServer, host: str) -> None:
    assert ask(server, "/status.json", Host=host)[0] == 200


def test_only_this_machine_is_listened_to(server: WatchServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert server.address == f"http://127.0.0.1:{server.server_address[1]}/"


def test_the_status_is_in_words(following: Following, out: Path) -> None:
    shown = looked(following)
    assert shown["headline"] == "study small: complete"
    assert shown["progress"] == "240 of 240 runs (100 %) stored"
    assert shown["series"][0] == ["one", "random_search", 60, 60]
    assert shown["running"] is False
    change(out, state="running")
    with locks.alone(out, "wait"):
        assert looked(following)["running"] is True


def test_the_report_is_made_anew_only_where_something_was_stored(following: Following, out: Path) -> None:
    lose(out, "two", "local_search", 50)
    assert looked(following)["report"] == {"version": 1, "note": "so far: the first 50 of 60 seeds"}
    assert looked(following)["report"]["version"] == 1
    run(out)
    shown = looked(following)
    assert shown["report"] == {"version": 2, "note": ""}
    assert "60 seeds (0 to 59)" in following.report.page


def test_reports_are_no_closer_than_was_asked(out: Path) -> None:
    following = Following(out, InProcess(), every=3600)
    assert looked(following)["report"]["version"] == 1
    lose(out, "two", "local_search", 50)
    os.utime(next((out / "answers").rglob("*.parquet")), (time.time() + 100,) * 2)
    assert looked(following)["report"]["version"] == 1


def test_where_nothing_can_be_shown_that_is_said(out: Path, tmp_path: Path) -> None:
    for benchmark in ("one", "two"):
        for strategy in ("random_search", "local_search"):
            lose(out, benchmark, strategy)
    assert make_report(str(out)) == ("", "there is no report yet: no run is stored yet")
    (tmp_path / "whole" / "slices").mkdir(parents=True)
    shutil.copytree(out, tmp_path / "whole" / "slices" / "1-of-2")
    assert "the slices are not joined yet" in make_report(str(tmp_path / "whole")).note
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text("{}")
    network = Following(tmp_path / "model", InProcess())
    assert looked(network)["report"] == {"version": 0, "note": "a network has no report to be shown"}


def test_a_folder_that_goes_away_is_told(following: Following, out: Path) -> None:
    looked(following)
    shutil.rmtree(out)
    assert "does not exist" in looked(following)["headline"]


def test_a_report_that_cannot_be_made_leaves_the_one_before(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    following = Following(out, InProcess(), every=1e-9)
    looked(following)

    def fail(folder: str) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("nasbed.monitoring.following.make_report", fail)
    lose(out, "two", "local_search", 50)
    os.utime(next((out / "answers").rglob("*.parquet")), (time.time() + 100,) * 2)
    assert looked(following)["report"]["note"] == "the report could not be made: no room"
    assert "60 seeds" in following.report.page


def test_bad_ports_and_folders_are_refused(out: Path, tmp_path: Path) -> None:
    for port in (-1, 65_536, 1.5, "80"):
        with (
            pytest.raises(OptionError, match=r"port = .*; expected a whole number in 0 \.\. 65,535"),
            serving(out, port),
        ):  # type: ignore[arg-type]
            pass
    for every in (0, -1, float("nan"), "x"):
        with pytest.raises(OptionError, match=r"every = .*; expected seconds above 0"), serving(out, every=every):  # type: ignore[arg-type]
            pass
    with socket.create_server((ADDRESS, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OptionError, match=rf"port = {port}: it is in use; give another"), serving(out, port):
            pass
    with pytest.raises(StoreError, match="does not exist"), serving(tmp_path / "nowhere"):
        pass


def test_the_command_refuses_in_one_line(out: Path, command: Command) -> None:
    for words, message in (
        (["nowhere"], "error: nowhere does not exist; expected a results folder, as nasbed run --out writes one\n"),
        ([str(out), "--port", "65536"], "error: port = 65536; expected a whole number in 0 .. 65,535\n"),
    ):
        done = command("watch", *words)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


@pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name == "nt", reason="sends Ctrl-C")
@pytest.mark.thorough
def test_ctrl_c_ends_the_command(out: Path) -> None:
    words = [sys.executable, "-m", "nasbed", "watch", str(out)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.match(r"http://127\.0\.0\.1:(\d+)/ shows .*; Ctrl-C ends it\n$", line)
        assert address, line
        with closing(http.client.HTTPConnection(ADDRESS, int(address[1]), timeout=60)) as connection:
            _wait(lambda: "headline" in _status(connection))
        process.send_signal(signal.SIGINT)
        out_, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out_, err) == (130, "", "\nstopped\n")


def _status(connection: http.client.HTTPConnection) -> dict[str, Any]:
    connection.request("GET", "/status.json")
    content: dict[str, Any] = json.loads(connection.getresponse().read())
    return content


def _wait(reached: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.2)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    if BROWSER is None or DRIVER is None:
        pytest.skip("needs Chromium and chromedriver, which are not part of Python")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in ("headless", "no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking",
                 "disable-component-update", "disable-sync", f"user-data-dir={tmp_path / 'profile'}"):  # fmt: skip
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def test_a_browser_shows_the_report_anew_as_it_was_set(
    browser: Any, server: WatchServer, following: Following, out: Path
) -> None:
    lose(out, "two", "local_search", 50)
    looked(following)
    browser.get(server.address)
    caption = "const f = document.getElementById('report').contentDocument; return f && f.body ? f.body.innerText : ''"
    _wait(lambda: "50 seeds (0 to 49)" in browser.execute_script(caption))
    choose = "const b = document.getElementById('report').contentDocument.getElementById('benchmark'); "
    browser.execute_script(choose + "b.selectedIndex = 1; b.dispatchEvent(new Event('change', {bubbles: true}))")
    before = browser.execute_script(choose + "return b.value")
    run(out)
    looked(following)
    _wait(lambda: "60 seeds (0 to 59)" in browser.execute_script(caption))
    assert browser.execute_script(choose + "return b.value") == before
    assert browser.find_element("id", "headline").text == "study small: complete"
    assert browser.execute_script("return document.querySelectorAll('#series tbody tr').length") == 4
    assert browser.execute_script("return document.querySelector('b')") is None
    severe = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert severe == []
