"""Completions from the streams that our function library writes: every one, numbered without a gap on its partition."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ff_core.contract.model import Request
from ff_core.errors import InvalidInput
from ff_core.keys import key
from ff_core.ops.command import hash_field, streams_after
from ff_core.ops.completion_place import InStreams, Start
from ff_core.ops.completion_source import Found, completion_of
from ff_core.ops.op import Op, send_all
from ff_core.ops.scope import Scope

ENTRIES_A_TRIP: Final = 10_000
"""Over all partitions; each gives its share, and a few at least."""
FEWEST: Final = 10

_BEGINNING: Final = "0-0"
_LAST_OF_MS: Final = 2**64 - 1


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a reader stands on a partition: its tag, and id and number of an entry; no number before the first look."""

    tag: str
    entry_id: str
    number: int | None


class StreamSource:
    """A reader's places in the streams of all partitions."""

    def __init__(self, scope: Scope, place: Start | InStreams) -> None:
        self.lost = 0
        self._since = place.since
        start = f"{self._since - 1}-{_LAST_OF_MS}" if self._since else _BEGINNING
        self._at = {tag: _Entry(tag, start, None) for tag in scope.flow_tags()}
        for tag, (entry_id, number) in place.at.items() if isinstance(place, InStreams) else ():
            if tag not in self._at:
                raise InvalidInput("this cursor is from a server with other partitions; start without one")
            self._at[tag] = _Entry(tag, entry_id, number)
        self._limit = max(FEWEST, ENTRIES_A_TRIP // len(self._at))

    def read(self) -> Op[list[Found]]:
        """What comes behind the reader's places; of several partitions, in the order of their times."""
        fresh = [entry.tag for entry in self._at.values() if entry.number is None]
        # Counted before the entries are read: what is added in between is read then, and has its own number.
        requests: list[Request[Any]] = [hash_field(key("completions_meta", T=tag), "added") for tag in fresh]
        places = {key("completions", T=tag): entry.entry_id for tag, entry in self._at.items()}
        replies: list[Any] = yield from send_all([*requests, streams_after(places, self._limit)])
        *added, streams = replies
        found = {
            tag: [_found(tag, entry_id, fields) for entry_id, fields in streams.get(key("completions", T=tag), ())]
            for tag in self._at
        }
        for tag, count in zip(fresh, added, strict=True):
            number = found[tag][0].place.number - 1 if found[tag] else _number(count)
            self._at[tag] = _Entry(tag, self._at[tag].entry_id, number)
        return list(heapq.merge(*found.values(), key=_time))

    def passed(self, found: Found) -> None:
        """Move behind this entry; those that are missing before it were trimmed."""
        entry: _Entry = found.place
        before = self._at[entry.tag].number
        if before is not None and entry.number is not None:
            self.lost += max(entry.number - before - 1, 0)
        self._at[entry.tag] = entry

    def place(self) -> InStreams:
        """The places on all partitions that were looked at."""
        at = {tag: (entry.entry_id, entry.number) for tag, entry in self._at.items() if entry.number is not None}
        return InStreams(since=self._since, at=at)


def _found(tag: str, entry_id: str, fields: Mapping[str, str]) -> Found:
    entry = _Entry(tag, entry_id, _number(fields.get("place", "")))
    return Found(completion_of(fields, fields.get("outcome", "")), entry)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _time(found: Found) -> int:
    return found.completion.produced_at_ms if found.completion else 0
