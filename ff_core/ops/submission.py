"""A piece of work to submit, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import index
from typing import Any

from pydantic import ValidationError

from ff_core.errors import InvalidInput
from ff_core.ops import payload as body
from ff_core.types import (
    CapabilitySet,
    Duration,
    ExecutionPolicy,
    LaneId,
    RetryPolicy,
    RoutingRequirements,
    duration_ms,
)

MAX_NAME_BYTES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Work to be done: kind, payload and how it is to be scheduled. Times are ms from the moment of the submit."""

    kind: str
    payload: bytes
    lane: LaneId
    priority: int
    tags: Mapping[str, str]
    key: str
    delay_ms: int | None
    deadline_ms: int | None
    policy: ExecutionPolicy | None
    creator: str


def submission(
    kind: str,
    payload: Any = None,
    *,
    lane: str = "default",
    priority: int = 0,
    tags: Mapping[str, Any] | None = None,
    key: str | None = None,
    delay: Duration | None = None,
    deadline: Duration | None = None,
    capabilities: Iterable[str] = (),
    retries: int | RetryPolicy | None = None,
    policy: ExecutionPolicy | None = None,
    creator: str = "",
) -> Submission:
    """Work to submit, from what a caller writes.

    `key` makes a submit repeatable: for 24 hours the same key in the same namespace and lane gives the first execution.
    `delay` and `deadline` count from now. `capabilities` are what a worker must have. `retries` is a number of retries
    with exponential backoff, or a policy; both go into `policy`. Raises InvalidInput with one line.
    """
    return Submission(
        kind=_name(kind, "kind"),
        payload=body.encode(payload),
        lane=LaneId(lane),
        priority=_priority(priority),
        tags=_tags(tags or {}),
        key=key or "",
        delay_ms=None if delay is None else duration_ms(delay),
        deadline_ms=None if deadline is None else duration_ms(deadline),
        policy=_policy(policy, CapabilitySet(capabilities), retries),
        creator=creator,
    )


def _name(text: str, what: str) -> str:
    if not text or len(text.encode()) > MAX_NAME_BYTES:
        raise InvalidInput(
            f"the {what} is {'empty' if not text else 'too long'}; give 1 to {MAX_NAME_BYTES} bytes of text"
        )
    return text


def _priority(number: int) -> int:
    try:
        return index(number)
    except TypeError:
        raise InvalidInput(f"the priority is {number!r}; give a whole number from 0 to 9000") from None


def _tags(tags: Mapping[str, Any]) -> dict[str, str]:
    if "" in tags:
        raise InvalidInput("a tag has an empty name; give every tag a name")
    return {name: str(value) for name, value in tags.items()}


def _policy(
    policy: ExecutionPolicy | None, capabilities: CapabilitySet, retries: int | RetryPolicy | None
) -> ExecutionPolicy | None:
    changes: dict[str, Any] = {}
    if not capabilities.is_empty():
        changes["routing_requirements"] = RoutingRequirements(required_capabilities=capabilities.tokens)
    if isinstance(retries, RetryPolicy):
        changes["retry_policy"] = retries
    elif retries is not None:
        changes["retry_policy"] = _retry_policy(retries)
    if not changes:
        return policy
    return (policy or ExecutionPolicy()).model_copy(update=changes)


def _retry_policy(retries: int) -> RetryPolicy:
    try:
        return RetryPolicy(max_retries=retries)
    except ValidationError:
        raise InvalidInput(f"retries is {retries!r}; give a whole number from 0 on, or a RetryPolicy") from None
