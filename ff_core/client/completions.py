"""Iterating over the ends of executions: the two forms differ only in who runs the ops."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Self

from ff_core.backend import AsyncDriver, SyncDriver
from ff_core.ops.completion import CompletionReader
from ff_core.types import CompletionPayload


class _Place:
    """What both iterators tell of themselves."""

    __slots__ = ("_follow", "_reader")

    def __init__(self, reader: CompletionReader, *, follow: bool) -> None:
        self._reader = reader
        self._follow = follow

    @property
    def cursor(self) -> str:
        """Behind the completion that came last: `since` of an iteration that goes on there, in whatever process."""
        return self._reader.cursor

    @property
    def lost(self) -> int:
        """How many completions were dropped from the streams before this iteration came to them."""
        return self._reader.lost


class Completions(_Place, Iterator[CompletionPayload]):
    """Completions, each exactly once; after an error it goes on where it was."""

    __slots__ = ("_driver",)

    def __init__(self, driver: SyncDriver, reader: CompletionReader, *, follow: bool) -> None:
        super().__init__(reader, follow=follow)
        self._driver = driver

    def __next__(self) -> CompletionPayload:
        completion = self._driver.run(self._reader.next(follow=self._follow))
        if completion is None:
            raise StopIteration
        return completion


class AsyncCompletions(_Place, AsyncIterator[CompletionPayload]):
    """Completions, each exactly once; after an error it goes on where it was."""

    __slots__ = ("_driver",)

    def __init__(self, driver: AsyncDriver, reader: CompletionReader, *, follow: bool) -> None:
        super().__init__(reader, follow=follow)
        self._driver = driver

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> CompletionPayload:
        completion = await self._driver.run(self._reader.next(follow=self._follow))
        if completion is None:
            raise StopAsyncIteration
        return completion
