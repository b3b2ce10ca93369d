"""The keeper: the background process that owns the server of a home.

It has the role of the keeper as long as it lives. It starts the server or, after an earlier keeper was
killed, takes over the one that runs; starts it again when it dies; and ends it and itself when nobody has
used it for a while, when told to by SIGTERM, and when the home has been deleted or moved away.
"""

import asyncio
import os
import signal
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO, Final

from ff_core.home.connection import Connection
from ff_core.home.folder import Home
from ff_core.home.server_process import LOOK_AGAIN, PATIENCE, Answer, ServerNotStarted, answer, end, launch

# Seconds: the longest and the shortest time between two looks at the server; how long whoever started us gets
# to connect, whatever the idle limit; how long a server that was found running may be without a socket.
_TICK: Final = 1.0
_SHORTEST_TICK: Final = 0.05
_SHORTEST_STAY: Final = 1.0
_WITHOUT_SOCKET: Final = 2.0

_LOG_LIMIT: Final = 1_000_000  # bytes


def keep(home: Home, lock: BinaryIO, idle_limit: float, binary: Path) -> None:
    """Be the keeper of `home`, whose role `lock` holds, until nobody has used it for `idle_limit` seconds.

    `binary` is the program of the server. Raises `ServerNotStarted`. Whatever the reason for the end, the server
    ends as well.
    """
    keeper = Keeper(home, lock, max(idle_limit, _SHORTEST_STAY), binary)
    home.keeper.pid_file.write_text(str(os.getpid()), "ascii")
    try:
        with asyncio.Runner() as runner, suppress(asyncio.CancelledError):
            loop = runner.get_loop()
            task = loop.create_task(keeper.run())
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.add_signal_handler(number, task.cancel)
            loop.run_until_complete(task)
    finally:
        keeper.leave()


class Keeper:
    """Watches over one home."""

    def __init__(self, home: Home, lock: BinaryIO, idle_limit: float, binary: Path) -> None:
        self._home = home
        self._lock = lock
        self._idle_limit = idle_limit
        self._binary = binary
        self._last_use = time.monotonic()
        self._connections = ""
        self._server_pid = 0

    async def run(self) -> None:
        """Keep the server up until the home is idle or gone."""
        while self._wanted():
            await self._bring_up()
            with suppress(ConnectionError):  # the server has gone, or is busy
                await self._watch()

    def leave(self) -> None:
        """End the server, which nobody watches from now on."""
        if self._at_home():
            end(self._home)
        elif self._server_pid:
            # By force: in the orderly way it would unlink its socket's path, which may be a new home's.
            with suppress(ProcessLookupError):
                os.kill(self._server_pid, signal.SIGKILL)

    def _wanted(self) -> bool:
        return self._at_home() and self._idle() < self._idle_limit

    def _at_home(self) -> bool:
        """Whether the lock file at the home's path is still the one that we hold."""
        try:
            return os.path.samestat(os.fstat(self._lock.fileno()), self._home.keeper.lock.stat())
        except OSError:
            return False

    def _idle(self) -> float:
        return time.monotonic() - self._last_use

    async def _bring_up(self) -> None:
        """Return once a server answers: one that runs already, else a new one."""
        home = self._home
        launched = False
        deadline = time.monotonic() + _WITHOUT_SOCKET
        while (state := answer(home)) is not Answer.READY:
            if (lock := home.server.take()) is not None:
                with lock:
                    if launched:
                        raise ServerNotStarted
                    launch(home, lock, self._binary)
                launched = True
                deadline = time.monotonic() + PATIENCE
            elif state is Answer.GONE and time.monotonic() > deadline:
                if launched:
                    raise ServerNotStarted
                end(home)
            elif state is not Answer.GONE:
                deadline = time.monotonic() + PATIENCE
            await asyncio.sleep(LOOK_AGAIN)

    async def _watch(self) -> None:
        """Return when the home is idle or gone, or the socket is; `ConnectionError` when the server is."""
        with closing(await Connection.open(self._home)) as connection:
            while True:
                await self._look(connection)
                if not self._wanted():
                    return
                if not self._home.socket.exists():
                    await asyncio.sleep(_SHORTEST_TICK)
                    if self._at_home():  # the socket alone was deleted
                        end(self._home)
                    return
                await connection.pause(self._tick())

    async def _look(self, connection: Connection) -> None:
        """Note whether the server is in use."""
        info = await connection.info()
        self._server_pid = int(info["process_id"])
        self._limit_log()
        # The second number tells of clients that came and went between two looks.
        if await connection.other_clients() or info["total_connections_received"] != self._connections:
            self._connections = info["total_connections_received"]
            self._last_use = time.monotonic()

    def _tick(self) -> float:
        return min(_TICK, max(_SHORTEST_TICK, self._idle_limit - self._idle()))

    def _limit_log(self) -> None:
        log = self._home.log
        with suppress(FileNotFoundError):
            if log.stat().st_size > _LOG_LIMIT:
                log.replace(log.with_name(f"{log.name}.1"))
                with log.open("ab") as fresh:
                    os.dup2(fresh.fileno(), 1)
                    os.dup2(fresh.fileno(), 2)
