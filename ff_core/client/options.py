"""The options that every way of submitting or claiming takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from ff_core.types import Duration, ExecutionPolicy, RetryPolicy


class SubmitOptions(TypedDict, total=False):
    """How work is to be scheduled; `ff_core.ops.submission.submission` says what each means."""

    lane: str
    priority: int
    tags: Mapping[str, Any] | None
    delay: Duration | None
    deadline: Duration | None
    capabilities: Iterable[str]
    retries: int | RetryPolicy | None
    policy: ExecutionPolicy | None
    creator: str


class ClaimOptions(TypedDict, total=False):
    """What a worker has and wants: its capabilities, and for how long a lease."""

    capabilities: Iterable[str]
    lease_ttl: Duration
