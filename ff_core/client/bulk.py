"""Submitting many pieces of work in few round trips."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from ff_core.errors import FlowFabricError, InvalidInput
from ff_core.ops.submission import Submission, submission
from ff_core.ops.submit import Submitted

WORKS_A_BATCH: Final = 1_000

Progress = Callable[[int, int], object]
"""Called with how many are done and how many there are."""


def submissions(
    kind: str, payloads: Iterable[Any], keys: Sequence[str] | None, options: dict[str, Any]
) -> list[list[Submission]]:
    """Batches of work, every piece checked before the first is sent."""
    bodies = list(payloads)
    if keys is not None and len(keys) != len(bodies):
        raise InvalidInput(f"{len(bodies)} payloads but {len(keys)} keys; give one key a payload, or none at all")
    names = keys or [None] * len(bodies)
    works = [submission(kind, body, key=name, **options) for body, name in zip(bodies, names, strict=True)]
    return [works[start : start + WORKS_A_BATCH] for start in range(0, len(works), WORKS_A_BATCH)]


def all_good(outcomes: Iterable[Submitted | FlowFabricError]) -> list[Submitted]:
    """The outcomes; the first error among them is raised. What was submitted stays, and a repeat with keys finds it."""
    good: list[Submitted] = []
    for outcome in outcomes:
        if isinstance(outcome, FlowFabricError):
            raise outcome
        good.append(outcome)
    return good
