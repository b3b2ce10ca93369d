"""The folder of a home: where it lies, whose it is, and how a folder that cannot be one is refused."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs
import pytest
import valkey

from ff_core.errors import InvalidInput
from ff_core.home.folder import SOCKET_PATH_LIMIT, locate
from ff_core.home.server import ensure, status, stop

NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """As a user whom folder modes hold back. Whoever is not root is one already."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(me)


def refusal(home: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        ensure(home)
    text = str(caught.value)
    assert "\n" not in text
    assert str(home) in text or str(locate(home).socket.parent) in text
    return text


@pytest.fixture
def long_home(ff_home: Path) -> Iterator[Path]:
    home = ff_home.parent / ("long" * 30)
    yield home
    stop(home)
    assert not locate(home).socket.parent.exists()


def test_the_argument_comes_before_ff_home_and_that_before_the_users_data_folder(
    ff_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert locate(tmp_path).path == tmp_path
    assert locate().path == ff_home
    monkeypatch.setenv("FF_HOME", "~/engine")
    assert locate().path == Path.home() / "engine"
    monkeypatch.setenv("FF_HOME", "")
    assert locate().path == platformdirs.user_data_path("flowfabric").resolve()


def test_nobody_else_can_read_a_home(ff_home: Path) -> None:
    try:
        socket = ensure()
        for path in (ff_home, ff_home / "appendonlydir", socket):
            assert path.stat().st_mode & 0o777 == 0o700
    finally:
        stop()


def test_an_empty_folder_is_closed_to_others_and_used(ff_home: Path) -> None:
    ff_home.mkdir(mode=0o755)
    locate().prepare()
    assert ff_home.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_read_is_refused(ff_home: Path) -> None:
    ff_home.mkdir(mode=0o755)
    (ff_home / "notes.txt").touch()
    assert refusal(ff_home) == (
        f"the folder {ff_home} is open to others; run `chmod 700 {ff_home}`, or set FF_HOME to another folder"
    )
    assert [path.name for path in ff_home.iterdir()] == ["notes.txt"]


def test_a_file_is_refused(ff_home: Path) -> None:
    ff_home.touch()
    assert "cannot be created (file exists); set FF_HOME to another folder" in refusal(ff_home)
    assert "cannot be created (not a directory)" in refusal(ff_home / "below")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="takes a file system that nobody can write to")
def test_a_disk_that_takes_no_folder_is_refused() -> None:
    assert "cannot be created" in refusal(Path("/proc/ff-home"))


def test_a_folder_of_another_user_is_refused(ff_home: Path) -> None:
    foreign = Path("/usr")
    if os.geteuid() == 0:
        foreign = ff_home
        foreign.mkdir(mode=0o700)
        os.chown(foreign, NOBODY, -1)
    assert refusal(foreign) == f"the folder {foreign} belongs to another user; set FF_HOME to another folder"


def test_a_folder_that_is_not_writable_is_refused() -> None:
    outer = Path(tempfile.mkdtemp(prefix="ff-"))
    home = outer / "home"
    home.mkdir()
    home.chmod(0o500)
    outer.chmod(0o711)
    if os.geteuid() == 0:
        os.chown(home, NOBODY, -1)
    try:
        with as_nobody():
            assert refusal(home) == f"the folder {home} is not writable; set FF_HOME to another folder"
            assert "cannot be created (permission denied)" in refusal(home / "below")
    finally:
        shutil.rmtree(outer)


def test_lock_files_of_another_user_are_refused_in_one_line(ff_home: Path) -> None:
    ff_home.mkdir(mode=0o700)
    (ff_home / "keeper.lock").mkdir()
    assert "cannot be used" in refusal(ff_home)


def test_a_long_path_has_its_socket_in_a_short_private_folder(
    long_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = ensure(long_home)
    assert len(os.fsencode(socket)) <= SOCKET_PATH_LIMIT
    assert socket.parent.stat().st_mode & 0o777 == 0o700
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("FF_HOME", str(long_home))
    code = "from ff_core.home.server import ensure; print(ensure())"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == str(socket)
    with valkey.Valkey(unix_socket_path=str(socket)) as client:
        info: Any = client.info("server")
    assert info["process_id"] == status(long_home).server_pid


def test_a_short_folder_that_somebody_else_has_put_there_is_refused(ff_home: Path) -> None:
    home = ff_home.parent / ("long" * 30)
    theirs = ff_home.parent / "theirs"
    theirs.mkdir(mode=0o700)
    short = locate(home).socket.parent
    short.symlink_to(theirs)
    try:
        assert refusal(home) == f"{short} is not a folder; set FF_HOME to a folder with a shorter path"
    finally:
        short.unlink()
    assert list(theirs.iterdir()) == []


def test_windows_users_are_told_to_give_a_url() -> None:
    code = """
import asyncio, subprocess, sys, platformdirs, valkey, ff_core.types.time
sys.modules["fcntl"] = None
sys.platform = "win32"
from ff_core.home.server import ensure
ensure()
"""
    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert ended.stderr.splitlines()[-1] == (
        "ff_core.errors.validation.InvalidInput: there is no embedded engine on Windows; "
        "give the URL of a Valkey server, such as valkey://host:6379"
    )
