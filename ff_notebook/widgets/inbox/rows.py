"""Rows of the inbox: what each waits for, and what became of it. Knows no widget; any thread may call any method."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ff_core.client import Client
from ff_core.errors import Contention, FlowFabricError, NotFound, StateError
from ff_core.ops.inbox import OpenWaitpoint
from ff_notebook.text import ID_SHOWN, clean, message, one_line, plain, start_of_data
from ff_notebook.who import user

SHOWN: Final = 100
"""Rows that are shown; how many more there are is said."""

KEPT: Final = 20
"""Rows that need no decision any more and are still shown."""


class State(StrEnum):
    """Where a row stands."""

    OPEN = "open"
    SENDING = "sending"
    APPROVED = "approved"
    REJECTED = "rejected"
    GONE = "gone"
    """Decided elsewhere, or too late."""


@dataclass(slots=True)
class Row:
    """One waitpoint."""

    waitpoint: OpenWaitpoint
    state: State = State.OPEN
    note: str = ""

    def shown(self) -> dict[str, Any]:
        """What the browser gets, fit for eyes."""
        waitpoint = self.waitpoint
        return {
            "id": waitpoint.waitpoint_id,
            "execution": waitpoint.execution_id,
            "short": waitpoint.execution_id.uuid[:ID_SHOWN],
            "kind": one_line(waitpoint.kind),
            "lane": one_line(waitpoint.lane),
            "why": one_line(plain(waitpoint.reason)),
            "by": one_line(waitpoint.requested_by),
            "since": waitpoint.suspended_at,
            "until": waitpoint.timeout_at,
            "then": one_line(plain(waitpoint.on_timeout)),
            "payload": clean(start_of_data(waitpoint.payload_start)),
            "state": self.state.value,
            "note": self.note,
        }


class Rows:
    """All rows, the soonest timeout first. The server has the truth; this is the latest news of it."""

    def __init__(self, client: Client, lanes: Sequence[str], pending: Sequence[OpenWaitpoint]) -> None:
        self.fault = ""
        """Why the last look at the server failed."""
        self._client = client
        self._lanes = lanes
        self._rows = {waitpoint.waitpoint_id: Row(waitpoint) for waitpoint in pending}
        self._lock = threading.Lock()

    def shown(self) -> list[dict[str, Any]]:
        """What the browser gets."""
        with self._lock:
            return [row.shown() for row in self._rows.values()][:SHOWN]

    def hidden(self) -> int:
        """How many rows there are besides."""
        return max(0, len(self._rows) - SHOWN)

    def look_again(self) -> None:
        """Add what waits now, and say of the others that they wait no longer."""
        try:
            pending = {row.waitpoint_id: row for row in self._client.pending_waitpoints(*self._lanes)}
            self.fault = ""
        except FlowFabricError as error:
            self.fault = message(error)
            return
        with self._lock:
            vanished = [row for key, row in self._rows.items() if row.state is State.OPEN and key not in pending]
        notes = [self._whereabouts(row) for row in vanished]
        with self._lock:
            for row, note in zip(vanished, notes, strict=True):
                if row.state is State.OPEN:
                    row.state, row.note = State.GONE, note
            for key, waitpoint in pending.items():
                self._rows.setdefault(key, Row(waitpoint)).waitpoint = waitpoint
            done = [key for key, row in self._rows.items() if row.state not in {State.OPEN, State.SENDING}]
            for key in done[:-KEPT]:
                del self._rows[key]

    def take(self, waitpoint_id: str) -> Row | None:
        """The row to decide, which nobody else gets from now on; None when it is unknown or not open any more."""
        with self._lock:
            row = next((row for key, row in self._rows.items() if key == waitpoint_id), None)
            if row is None or row.state is not State.OPEN:
                return None
            row.state, row.note = State.SENDING, ""
            return row

    def decide(self, row: Row, verdict: State, comment: str) -> None:
        """Send the verdict to the server, and take note of what came of it."""
        send = self._client.approve if verdict is State.APPROVED else self._client.reject
        try:
            decision = send(row.waitpoint.waitpoint_id, comment=comment, by=user())
        except (StateError, Contention, NotFound):
            self._settle(row, State.GONE, self._whereabouts(row))
        except FlowFabricError as error:
            self._settle(row, State.OPEN, message(error))  # it can be tried again
        else:
            self._settle(row, verdict, one_line(comment) if decision.resumed else "It waits for more.")

    def _settle(self, row: Row, state: State, note: str) -> None:
        with self._lock:
            row.state, row.note = state, note

    def _whereabouts(self, row: Row) -> str:
        try:
            state = self._client.describe(row.waitpoint.execution_id).public_state
        except FlowFabricError as error:
            return message(error)
        return f"Decided elsewhere, or out of time; now {plain(state)}"
