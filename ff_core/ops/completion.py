"""Reading every end of an execution, once and in order, from wherever the server keeps them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from ff_core.contract.model import Request
from ff_core.errors import FlowFabricError, InvalidInput
from ff_core.keys import key
from ff_core.ops.command import set_hash
from ff_core.ops.completion_index import IndexSource
from ff_core.ops.completion_place import InIndexes, InStreams, ReaderPlace, Start, decode, encode
from ff_core.ops.completion_source import Found, Source
from ff_core.ops.completion_stream import StreamSource
from ff_core.ops.op import Op, attempt_all, pause, send_all
from ff_core.ops.scope import Scope
from ff_core.ops.setup import ensure_library
from ff_core.types import CompletionPayload, LaneId, ScannerFilter, TimestampMs

FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0
"""Seconds between two looks while nothing comes, doubling from the first to the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which completions a reader wants; None lets all through."""

    filter: ScannerFilter = ScannerFilter.NOOP
    lane: LaneId | None = None
    kind: str | None = None

    def fits(self, completion: CompletionPayload | None) -> bool:
        """Whether it is wanted, as far as the completion itself tells; the tag is looked up later."""
        return (
            completion is not None
            and (self.lane is None or completion.lane_id == self.lane)
            and (self.kind is None or completion.execution_kind == self.kind)
            and (self.filter.namespace is None or completion.namespace == self.filter.namespace)
        )


class CompletionReader:
    """One reader's place among the completions of a server.

    Behind it lies what was handed out, nothing else: `cursor` is exact after each one, and a fault loses nothing.
    """

    def __init__(self, scope: Scope, selection: Selection, since: str | TimestampMs | None = None) -> None:
        """Begin at a cursor, at a time, or with the oldest that is kept. Raises InvalidInput for another's cursor."""
        self._scope = scope
        self._selection = selection
        self._start: ReaderPlace = decode(since) if isinstance(since, str) else Start(since=since or 0)
        self._source: Source | None = None
        self._waiting: deque[Found] = deque()

    @property
    def cursor(self) -> str:
        """The reader's place; who begins there gets what comes behind it."""
        return encode(self._source.place() if self._source else self._start)

    @property
    def lost(self) -> int:
        """How many were trimmed from the streams before this reader came to them."""
        return self._source.lost if self._source else 0

    def next(self, *, follow: bool) -> Op[CompletionPayload | None]:
        """The completion that comes next. None when there is none left; with `follow` it is waited for."""
        source = self._source = self._source or (yield from self._open())
        wait = FIRST_PAUSE
        while True:
            while self._waiting:
                found = self._waiting.popleft()
                source.passed(found)
                if found.completion:
                    return found.completion
            batch = yield from source.read()
            if batch:
                self._waiting.extend((yield from self._selected(batch)))
            elif follow:
                yield from pause(wait)
                wait = min(wait * 2, LONGEST_PAUSE)
            else:
                return None

    def _open(self) -> Op[Source]:
        has_streams = yield from ensure_library()
        if isinstance(self._start, InIndexes):
            return IndexSource(self._scope, self._selection.lane, self._start)
        if has_streams:
            return StreamSource(self._scope, self._start)
        if isinstance(self._start, InStreams):
            raise InvalidInput("this cursor is for streams that the server's library does not write; start without one")
        return IndexSource(self._scope, self._selection.lane, self._start)

    def _selected(self, batch: list[Found]) -> Op[list[Found]]:
        """The same places, without the completions that are not wanted."""
        chosen = [found.completion if self._selection.fits(found.completion) else None for found in batch]
        wanted = self._selection.filter
        if wanted.instance_tag:
            name = wanted.instance_tag[0]
            values = iter((yield from attempt_all(_tag(completion, name) for completion in chosen if completion)))
            chosen = [
                completion if completion and wanted.matches(completion.namespace, _known(next(values))) else None
                for completion in chosen
            ]
        return [Found(completion, found.place) for completion, found in zip(chosen, batch, strict=True)]


def _tag(completion: CompletionPayload, name: str) -> Request[str | None]:
    words = ("HGET", key("exec_tags", E=completion.execution_id), name)
    return Request(words, _text_or_none)


def _text_or_none(raw: Any) -> str | None:
    return None if raw is None else raw.decode("utf-8", "replace")


def _known(value: str | FlowFabricError | None) -> str | None:
    """What cannot be read counts as missing (contract 01 §12)."""
    return None if isinstance(value, FlowFabricError) else value


def keep_completions(scope: Scope, count: int) -> Op[None]:
    """Keep about so many completions on each partition, from now on."""
    if count < 1:
        raise InvalidInput(f"cannot keep {count} completions; give 1 or more")
    yield from send_all(set_hash(key("completions_meta", T=tag), {"kept": count}) for tag in scope.flow_tags())
