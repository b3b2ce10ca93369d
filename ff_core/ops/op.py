"""The form of an operation: a generator that yields requests and is sent what they answer.

Nothing in ``ff_core.ops`` does I/O. An op yields

* one `Request` and is sent its reply; a refusal or a transport fault is thrown into it,
* a tuple of requests, one round trip, and is sent a list with a reply **or an error** for each,
* an `Atomic`, the same with nothing of anybody else's in between,
* a `Pause`, and is sent the driver's monotonic clock (seconds) when it is over.

Drivers repeat a request once when its reply was lost, so every op recognises what an earlier try of its own has done.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from ff_core.contract.model import Request
from ff_core.errors import FlowFabricError

T = TypeVar("T")
U = TypeVar("U")

REPEAT_TTL_MS: Final = 120_000
"""For how long the library remembers a call so as to know its repeat: longer than a driver takes to repeat it."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Let `seconds` pass before the op goes on."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Atomic:
    """Requests of one partition that the server runs as one transaction. A refusal does not undo the others."""

    requests: tuple[Request[Any], ...]


Step = Request[Any] | tuple[Request[Any], ...] | Atomic | Pause
Op = Generator[Step, Any, T]


def send(request: Request[T]) -> Op[T]:
    """The reply of one request; its refusal is raised."""
    return cast("T", (yield request))


def attempt_all(requests: Iterable[Request[T]]) -> Op[list[T | FlowFabricError]]:
    """The replies of several requests in one round trip, errors in their places; no trip for no request."""
    batch = tuple(requests)
    if not batch:
        return []
    return cast("list[T | FlowFabricError]", (yield batch))


def send_all(requests: Iterable[Request[T]]) -> Op[list[T]]:
    """The replies of several requests in one round trip; the first error among them is raised."""
    return [_good(reply) for reply in (yield from attempt_all(requests))]


def attempt_atomic(requests: Iterable[Request[T]]) -> Op[list[T | FlowFabricError]]:
    """The replies of several requests that run as one transaction, errors in their places."""
    return cast("list[T | FlowFabricError]", (yield Atomic(tuple(requests))))


def send_both(first: Request[T], second: Request[U]) -> Op[tuple[T, U]]:
    """The replies of two requests in one round trip; the first error among them is raised."""
    replies = cast("tuple[T | FlowFabricError, U | FlowFabricError]", (yield (first, second)))
    return _good(replies[0]), _good(replies[1])


def pause(seconds: float) -> Op[float]:
    """The driver's monotonic clock, in seconds, after `seconds` have passed."""
    return cast("float", (yield Pause(seconds)))


def _good(reply: T | FlowFabricError) -> T:
    if isinstance(reply, FlowFabricError):
        raise reply
    return reply
