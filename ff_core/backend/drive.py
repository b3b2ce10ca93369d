"""What all drivers have in common: ops turned into trips to the server, with retries and recovery.

Like the ops themselves these are generators without I/O: they yield a `Trip` or a `Pause`, and the driver answers.
A trip is answered with the raw replies, server errors among them; where that fails the driver throws NotConnected
(nothing was sent) or ConnectionLost (the commands may have run) into the generator.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from valkey.exceptions import NoPermissionError, ResponseError

from ff_core.contract.model import Request, Word
from ff_core.errors import AccessDenied, ConnectionLost, FlowFabricError, NotConnected, ServerError
from ff_core.ops.op import Atomic, Op, Pause, Step
from ff_core.ops.setup import MISSING_FUNCTION, ensure_library

T = TypeVar("T")

COMMANDS_A_TRIP: Final = 1_000

RECONNECT_PAUSES: Final = (0.05, 0.2, 0.8)
"""Seconds between tries to reach a server that is not there."""


@dataclass(frozen=True, slots=True)
class Trip:
    """Commands to send together."""

    commands: Sequence[tuple[Word, ...]]


Drive = Generator[Trip | Pause, Any, T]


def _trips(commands: Sequence[tuple[Word, ...]]) -> Drive[list[Any]]:
    replies: list[Any] = []
    for start in range(0, len(commands), COMMANDS_A_TRIP):
        replies += yield from _patient_trip(commands[start : start + COMMANDS_A_TRIP])
    return replies


def _patient_trip(commands: Sequence[tuple[Word, ...]]) -> Drive[list[Any]]:
    """One trip, tried again while the server cannot be reached, and repeated once when its answer was lost."""
    pauses = list(RECONNECT_PAUSES)
    lost: ConnectionLost | None = None
    while True:
        try:
            return (yield Trip(commands))
        except NotConnected as fault:
            if not pauses:
                raise lost or fault from None  # what was sent once may have run, whatever became of the repeat
            yield Pause(pauses.pop(0))
        except ConnectionLost as fault:
            if lost:
                raise
            lost = fault


def _transaction(commands: Sequence[tuple[Word, ...]]) -> Drive[list[Any]]:
    *_, replies = yield from _patient_trip([("MULTI",), *commands, ("EXEC",)])
    if isinstance(replies, ResponseError):
        raise ServerError(str(replies))
    return replies


def drive(op: Op[T]) -> Drive[T]:
    """Run an op."""
    answer: Any = None
    while True:
        try:
            step = op.throw(answer) if isinstance(answer, FlowFabricError) else op.send(answer)
        except StopIteration as stop:
            return stop.value
        try:
            answer = yield from _answer(step)
        except FlowFabricError as fault:
            answer = fault


def _answer(step: Step) -> Drive[Any]:
    if isinstance(step, Pause):
        return (yield step)
    if isinstance(step, Atomic):
        return (yield from _replies(step.requests, _transaction))
    if isinstance(step, Request):
        return (yield from _replies([step]))[0]
    return (yield from _replies(step))


def _replies(
    requests: Sequence[Request[Any]], send: Callable[[Sequence[tuple[Word, ...]]], Drive[list[Any]]] = _trips
) -> Drive[list[Any]]:
    """What each request came to: its reply as a value, or the error that it was refused with."""
    raw = yield from send([request.words for request in requests])
    missing = [place for place, request in enumerate(requests) if request.function and _is_missing(raw[place])]
    if missing:
        # The library is gone, after a FUNCTION FLUSH or on a fresh replica: those calls have not run.
        yield from drive(ensure_library())
        again = yield from send([requests[place].words for place in missing])
        for place, reply in zip(missing, again, strict=True):
            raw[place] = reply
    return [_read(request, reply) for request, reply in zip(requests, raw, strict=True)]


def _is_missing(reply: Any) -> bool:
    return isinstance(reply, ResponseError) and MISSING_FUNCTION.search(str(reply)) is not None


def _read(request: Request[Any], reply: Any) -> Any:
    if isinstance(reply, NoPermissionError):
        return AccessDenied(str(reply))
    if isinstance(reply, ResponseError):
        return ServerError(str(reply))
    try:
        return request.read(reply)
    except FlowFabricError as error:
        return error
