"""The private thread behind a claim: it gets the task, and keeps its lease alive until the task is given back.

Claiming happens in this thread too, because an interrupt of the kernel must not fall between the server's grant and
our taking note of it. Whoever shows a task is told about every change; that call comes from this thread or another.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from enum import StrEnum
from types import TracebackType
from typing import Final

from ff_core.client import Task
from ff_core.errors import FlowFabricError, TransportError
from ff_notebook.interrupt import SLICE, StoppedWaiting
from ff_notebook.text import message

RENEWALS_A_LEASE: Final = 3
LONGEST_PAUSE: Final = 0.5
"""Seconds between two looks for work, doubling from a slice."""


class Phase(StrEnum):
    """Where we stand with a task."""

    HELD = "held"
    LOST = "lost"
    ENDED = "ended"


class Held:
    """A claimed task, whose lease is renewed in the background."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.phase = Phase.HELD
        self.note = ""
        """Why the lease was lost, or how the work ended."""
        self.percent: float | None = None
        self.text = ""
        self.expires_at = int(task.lease_expires_at)
        """When the lease runs out unless it is renewed, ms."""
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._watchers: list[Callable[[], None]] = []

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` after every change."""
        self._watchers.append(watcher)

    def report(self, percent: float | None, text: str) -> None:
        """Take note of a progress that the server knows."""
        self.percent = self.percent if percent is None else percent
        self.text = text or self.text
        self._tell()

    def end(self, note: str) -> None:
        """Take note that the task was given back, and renew no more."""
        self._leave(Phase.ENDED, note)

    def lose(self, note: str) -> None:
        """Take note that the lease is not ours any more."""
        self._leave(Phase.LOST, note)

    def keep(self) -> None:
        """Renew the lease until the task is given back or lost."""
        ttl = self.task.lease_ttl_ms / 1_000
        alive_until = time.monotonic() + ttl
        while not self._over.wait(ttl / RENEWALS_A_LEASE):
            asked = time.monotonic()
            try:
                self.expires_at = self.task.renew().expires_at_ms
            except TransportError as error:
                if time.monotonic() > alive_until:
                    self.lose(f"no renewal got through in time: {message(error)}")
            except FlowFabricError as error:
                self.lose(message(error))
            else:
                alive_until = asked + ttl
                self._tell()

    def _leave(self, phase: Phase, note: str) -> None:
        with self._lock:
            if self.phase is Phase.ENDED:
                return
            self.phase, self.note = phase, note
        self._over.set()
        self._tell()

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher()


class Search:
    """A search for work in a thread of its own, which then keeps the lease of what it found."""

    def __init__(self, claim: Callable[[], Task | None], max_wait: float) -> None:
        self.found: Held | None = None
        self._claim = claim
        self._deadline = time.monotonic() + max_wait
        self._outcome = _Outcome()
        self._stop = threading.Event()

    def result(self) -> Held | None:
        """Search, and answer what was found; raises what the search failed with.

        An interrupt ends the search, and raises StoppedWaiting once it is known whether something was claimed.
        """
        try:
            threading.Thread(target=self._run, name="ff-engine-room", daemon=True).start()
            self._outcome.wait()
        except KeyboardInterrupt:
            self._stop.set()
            self._outcome.wait()
            if self.found:
                raise StoppedWaiting("work was claimed just before; you hold it") from None
            raise StoppedWaiting("nothing was claimed") from None
        return self.found

    def _run(self) -> None:
        with self._outcome:
            task = self._look()
            self.found = Held(task) if task else None
        if self.found:
            self.found.keep()

    def _look(self) -> Task | None:
        pause = SLICE
        while not self._stop.is_set():
            task = self._claim()
            left = self._deadline - time.monotonic()
            if task or left <= 0:
                return task
            self._stop.wait(min(pause, left))
            pause = min(pause * 2, LONGEST_PAUSE)
        return None


class _Outcome:
    """A block that another thread waits for: what it raises is raised there."""

    def __init__(self) -> None:
        self._error: BaseException | None = None
        self._over = threading.Event()

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._error = error
        self._over.set()
        return True

    def wait(self) -> None:
        """Return once the block has ended, however."""
        while not self._over.wait(SLICE):
            pass
        if self._error:
            raise self._error
