"""What callers write, turned into what ops take."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, TypeVar, runtime_checkable

from ff_core.errors import InvalidInput
from ff_core.ops.claim import Wanted
from ff_core.types import (
    CapabilitySet,
    Duration,
    ExecutionId,
    Handle,
    LaneId,
    TimestampMs,
    WaitpointId,
    duration_ms,
)

E = TypeVar("E", bound=StrEnum)

DEFAULT_LEASE: Final = "30s"

Instant = datetime | int
"""A point in time as callers write it: a datetime, or ms since 1970."""


@runtime_checkable
class HasId(Protocol):
    """A run or a task."""

    @property
    def id(self) -> ExecutionId:
        """The execution's id."""
        ...


@runtime_checkable
class HasHandle(Protocol):
    """A task."""

    @property
    def handle(self) -> Handle:
        """The lease that the task holds."""
        ...


def execution_id(target: object) -> ExecutionId:
    """The id of a run, a task, or a text. Raises InvalidInput, also for the None of a claim that found nothing."""
    if isinstance(target, HasId):
        return target.id
    if not isinstance(target, str):
        raise InvalidInput(f"{target!r} is no execution; give an id, a run or a task")
    return ExecutionId(target)


def handle_of(target: object) -> Handle:
    """The handle itself, or that of a task. Raises InvalidInput, also for the None of a claim that found nothing."""
    if isinstance(target, Handle):
        return target
    if not isinstance(target, HasHandle):
        raise InvalidInput(f"{target!r} is no task; claim one first")
    return target.handle


def decision_target(target: str | HasId) -> ExecutionId | WaitpointId:
    """An execution or a waitpoint, as the form of the id tells."""
    if isinstance(target, str) and not target.startswith("{"):
        return WaitpointId(target)
    return execution_id(target)


def seconds(duration: Duration | None) -> float | None:
    """A span of time in seconds; None for no limit."""
    return None if duration is None else duration_ms(duration) / 1000


def wanted(
    lanes: Iterable[str], count: int, *, capabilities: Iterable[str] = (), lease_ttl: Duration = DEFAULT_LEASE
) -> Wanted:
    """What a worker is ready to take; the lane ``default`` where none is named."""
    if count < 1:
        raise InvalidInput(f"cannot claim {count} executions; give 1 or more")
    lease_ttl_ms = duration_ms(lease_ttl)
    if not lease_ttl_ms:
        raise InvalidInput(f"a lease of {lease_ttl} is over at once; give a longer time, such as {DEFAULT_LEASE}")
    return Wanted(
        lanes=tuple(dict.fromkeys(LaneId(lane) for lane in lanes)) or (LaneId("default"),),
        capabilities=CapabilitySet(capabilities),
        count=count,
        lease_ttl_ms=lease_ttl_ms,
    )


def one_of(words: type[E], word: str, what: str) -> E:
    """The member of an enumeration that a word names. Raises InvalidInput with the nearest valid word."""
    try:
        return words(word)
    except ValueError:
        valid = [member.value for member in words]
        near = difflib.get_close_matches(word, valid, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise InvalidInput(f"there is no {what} {word!r}; {hint}valid are {', '.join(valid)}") from None


def instant(moment: Instant | None) -> TimestampMs | None:
    """A point in time as the server counts it; None for no bound."""
    if moment is None or isinstance(moment, int):
        return None if moment is None else TimestampMs(moment)
    return TimestampMs(round(moment.timestamp() * 1000))
