"""Following the output of an attempt to its end (contract 06 §5, S3 and S4)."""

from __future__ import annotations

from typing import Final

from ff_core.ops.command import hash_field
from ff_core.ops.op import Op, pause, send
from ff_core.ops.read import TERMINAL
from ff_core.ops.scope import core_key
from ff_core.ops.stream import current_attempt, read_frames
from ff_core.types import ExecutionId, StreamCursor, StreamFrame

FIRST_PAUSE: Final = 0.05
IDLE_PAUSE: Final = 1.0
"""Seconds between two looks, doubling from the first to the other while nothing comes."""


class Tail:
    """One reader's place in the output of one attempt."""

    def __init__(self, execution_id: ExecutionId, attempt: int | None, after: StreamCursor | None) -> None:
        self.execution_id = execution_id
        self.attempt = attempt
        self.after = after
        self.ended = False

    def more(self) -> Op[tuple[StreamFrame, ...]]:
        """The frames that come next, as soon as there are some; none, and `ended` set, when no more can come."""
        if self.attempt is None:
            self.attempt = yield from current_attempt(self.execution_id)
        wait = FIRST_PAUSE
        last_look = False
        while True:
            page = yield from read_frames(self.execution_id, self.attempt, after=self.after)
            if page.frames:
                self.after = StreamCursor(page.frames[-1].id)
                return page.frames
            if page.is_closed or last_look:
                self.ended = True
                return ()
            # An attempt that never writes has no stream to be closed: then the end of its execution decides.
            last_look = (yield from send(hash_field(core_key(self.execution_id), "public_state"))) in TERMINAL
            if not last_look:
                yield from pause(wait)
                wait = min(wait * 2, IDLE_PAUSE)
