"""An async client that tests use like the other one: every call waits for its answer."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any, Self, cast

import ff_core as ff
from ff_core.client.aio import AsyncFlow


class Settled:
    """An async client, run, task or flow, or a list of them, on a loop of its own."""

    def __init__(self, thing: Any, runner: asyncio.Runner) -> None:
        self._thing = thing
        self._runner = runner

    def __repr__(self) -> str:
        return repr(self._thing)

    def __getattr__(self, name: str) -> Any:
        return self._settle(getattr(self._thing, name))

    def _settle(self, value: Any) -> Any:
        if inspect.iscoroutine(value):
            return self._settle(self._runner.run(value))
        if inspect.ismethod(value):
            return lambda *args, **kwargs: self._settle(value(*args, **kwargs))
        if isinstance(value, AsyncIterator):
            return SettledIterator(value, self._runner)
        if isinstance(value, list):
            return [self._settle(item) for item in value]
        return Settled(value, self._runner) if isinstance(value, ff.AsyncRun | ff.AsyncTask | AsyncFlow) else value


class SettledIterator:
    """An async iterator of such a client."""

    def __init__(self, items: AsyncIterator[Any], runner: asyncio.Runner) -> None:
        self._items = items
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._items, name)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        async def following() -> Any:
            return await anext(self._items)

        try:
            return self._runner.run(following())
        except StopAsyncIteration:
            raise StopIteration from None


@contextmanager
def settled_client(url: str | None = None, **options: Any) -> Iterator[ff.Client]:
    """An `AsyncClient` in the shape of a `Client`."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        client = runner.run(stack.enter_async_context(ff.AsyncClient.connect(url, **options)))
        try:
            yield cast("ff.Client", Settled(client, runner))
        finally:
            runner.run(stack.aclose())
