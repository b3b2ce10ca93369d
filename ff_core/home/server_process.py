"""The Valkey server of a home as a process: launching it, asking it for a sign of life, ending it."""

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO, Final

from ff_core.errors import ErrorClass, NotConnected
from ff_core.home.folder import Home

# Seconds: how often those look again who wait for a process to start or end; how long a server may take to
# start, not counting the reading of its data; to end in an orderly way; to give a sign of life.
LOOK_AGAIN: Final = 0.005
PATIENCE: Final = 10.0
_ENDING: Final = 10.0
_SIGN_OF_LIFE: Final = 2.0


class ServerNotStarted(NotConnected, error_class=ErrorClass.TERMINAL):
    """The embedded server does not come up."""


class Answer(Enum):
    """What a server answers to a PING."""

    READY = auto()
    LOADING = auto()  # reads its data back in
    SILENT = auto()  # runs, but is too busy to answer
    GONE = auto()  # nobody listens on the socket


def launch(home: Home, lock: BinaryIO, binary: Path) -> None:
    """Start `binary` as a server that holds `lock`, in a session of its own; it will need a moment to be up."""
    home.prepare()
    options = {
        "daemonize": "yes",
        "port": "0",
        "unixsocket": str(home.socket),
        "unixsocketperm": "700",
        "dir": str(home.path),
        "save": "",
        "appendonly": "yes",
        "appenddirname": home.data.name,
        "appendfsync": "everysec",
        "logfile": str(home.log),
        "pidfile": str(home.server.pid_file),
        "set-proc-title": "no",  # a title would overwrite the environment, by which one tells whose it is
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    subprocess.run([binary, *arguments], pass_fds=[lock.fileno()], check=False)


def answer(home: Home) -> Answer:
    """Ask the server of `home` for a sign of life; takes two seconds at most."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_SIGN_OF_LIFE)
            connection.connect(str(home.socket))
            connection.sendall(b"PING\r\n")
            reply = connection.recv(64)
    except (TimeoutError, BlockingIOError):  # the second when the queue of connections is full
        return Answer.SILENT
    except OSError:
        return Answer.GONE
    if reply.startswith(b"-LOADING"):
        return Answer.LOADING
    if reply.startswith(b"-BUSY"):
        return Answer.SILENT
    return Answer.READY if reply else Answer.GONE


def end(home: Home) -> bool:
    """End the server of `home` in an orderly way, by force after ten seconds. False when none ran.

    Raises `NotConnected` when that does not help either.
    """
    told: set[tuple[int, int]] = set()
    deadline = time.monotonic() + _ENDING
    given_up = deadline + _ENDING
    while (lock := home.server.take()) is None:
        order = signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL
        pid = home.server.holder()
        if pid is not None and (pid, order) not in told:
            told.add((pid, order))
            with suppress(ProcessLookupError):
                os.kill(pid, order)
        if time.monotonic() > given_up:
            raise NotConnected(f"a process that has {home.server.lock} locked does not end; kill it")
        time.sleep(LOOK_AGAIN)
    with lock:
        home.remove_socket()
    return bool(told)
