"""Completions from the terminal indexes, where the server runs another's library, which writes no stream.

The indexes hold each execution once, at the time of its last end: an end that was replayed before it was read is not
seen, and neither is one that retention has removed. Order and place are those of time and id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ff_core.contract.model import Request
from ff_core.ops.command import hash_fields, ranked_from, server_time
from ff_core.ops.completion_place import InIndexes, Start
from ff_core.ops.completion_source import Found, completion_of
from ff_core.ops.inbox import known_lanes
from ff_core.ops.op import Op, pause, send_all
from ff_core.ops.scope import Scope, core_key
from ff_core.types import ExecutionId, LaneId, TerminalOutcome

MEMBERS_A_LOOK: Final = 1_000
"""Of one lane on one partition."""

MOMENT: Final = 0.001
SOON_MS: Final = 1_000
"""What ended in this very moment is read when it is over; a time beyond that comes from a clock that went back."""

_CORE: Final = (
    "execution_id",
    "terminal_outcome",
    "completed_at",
    "flow_id",
    "lane_id",
    "execution_kind",
    "namespace",
    "current_attempt_index",
    "created_at",
    "started_at",
)

Member = tuple[float, str]


class IndexSource:
    """A reader's place in the terminal indexes, taken together."""

    lost = 0

    def __init__(self, scope: Scope, lane: LaneId | None, place: Start | InIndexes) -> None:
        self._scope = scope
        self._lane = lane
        self._after: Member = place.at if isinstance(place, InIndexes) else (float(place.since), "")

    def read(self) -> Op[list[Found]]:
        """What ended behind the reader's place, in the order of time."""
        members = yield from self._members()
        cores = yield from send_all(hash_fields(core_key(ExecutionId(member)), _CORE) for _, member in members)
        return [_found(member, core) for member, core in zip(members, cores, strict=True)]

    def _members(self) -> Op[list[Member]]:
        lanes = [self._lane] if self._lane else (yield from known_lanes())
        places = self._scope.lane_keys("lane_terminal", lanes)
        limit = MEMBERS_A_LOOK
        while True:
            requests: list[Request[Any]] = [ranked_from(place, self._after[0], limit) for place in places]
            replies: list[Any] = yield from send_all([server_time(), *requests])
            now: int = replies[0]
            pages: list[list[Member]] = [[(score, member) for member, score in page] for page in replies[1:]]
            # The time was asked for first, so nothing can join any more that ended before it. Of a page that is full
            # the last moment may be torn.
            horizon = min([float(now), *(page[-1][0] for page in pages if len(page) == limit)])
            behind = sorted(member for page in pages for member in page if self._after < member and member[0] < horizon)
            if behind:
                return behind
            if horizon < now:  # a whole page of one moment
                limit *= 2
            elif any(0 <= score - now < SOON_MS for page in pages for score, _ in page):
                yield from pause(MOMENT)
            else:
                return []

    def passed(self, found: Found) -> None:
        """Move behind this one."""
        self._after = found.place

    def place(self) -> InIndexes:
        """Time and id of the last one."""
        return InIndexes(at=self._after)


def _found(member: Member, core: Mapping[str, str]) -> Found:
    """Where the core tells of another end than the index, the index will have that one too."""
    told = core["completed_at"] == f"{member[0]:.0f}" and core["terminal_outcome"] != TerminalOutcome.NONE
    fields = {**core, "attempt_index": core["current_attempt_index"]}
    return Found(completion_of(fields, core["terminal_outcome"]) if told else None, member)
