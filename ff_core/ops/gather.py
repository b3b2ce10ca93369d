"""Running ops side by side: what they ask for at the same time travels together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from ff_core.contract.model import Request
from ff_core.errors import FlowFabricError
from ff_core.ops.op import Atomic, Op, Pause, Step, pause

T = TypeVar("T")


def gather(ops: Iterable[Op[T]]) -> Op[list[T | FlowFabricError]]:
    """What each op comes to, in order: its value, or the error that it ended with.

    The ops advance in lockstep, so all of them together take as many round trips as the longest.
    """
    live = dict(enumerate(ops))
    outcomes: dict[int, T | FlowFabricError] = {}
    answers: dict[int, Any] = dict.fromkeys(live)
    while live:
        steps: dict[int, Step] = {}
        for place, op in live.items():
            answer = answers[place]
            try:
                steps[place] = op.throw(answer) if isinstance(answer, FlowFabricError) else op.send(answer)
            except StopIteration as stop:
                outcomes[place] = stop.value
            except FlowFabricError as error:
                outcomes[place] = error
        live = {place: live[place] for place in steps}
        answers = dict(zip(steps, (yield from _round(list(steps.values()))), strict=True))
    return [outcomes[place] for place in sorted(outcomes)]


def gather_good(ops: Iterable[Op[T]]) -> Op[list[T]]:
    """What each op comes to; the first error among them is raised."""
    good: list[T] = []
    for outcome in (yield from gather(ops)):
        if isinstance(outcome, FlowFabricError):
            raise outcome
        good.append(outcome)
    return good


def _round(steps: Sequence[Step]) -> Op[list[Any]]:
    """One answer a step. The requests of all go in one trip; the longest of the pauses stands for all."""
    pauses = [step.seconds for step in steps if isinstance(step, Pause)]
    clock = (yield from pause(max(pauses))) if pauses else None
    batch = tuple(request for step in steps for request in _requests(step))
    try:
        replies = iter((yield batch) if batch else [])
    except FlowFabricError as fault:  # the trip failed: that goes to everyone who was part of it
        return [clock if isinstance(step, Pause) else fault for step in steps]
    answers: list[Any] = [None] * len(steps)
    for place, step in enumerate(steps):
        answers[place] = (yield from _alone(step)) if isinstance(step, Atomic) else _answer(step, replies, clock)
    return answers


def _alone(step: Atomic) -> Op[Any]:
    """A transaction has a trip of its own."""
    try:
        return (yield step)
    except FlowFabricError as fault:
        return fault


def _requests(step: Step) -> tuple[Request[Any], ...]:
    if isinstance(step, Pause | Atomic):
        return ()
    return (step,) if isinstance(step, Request) else step


def _answer(step: Request[Any] | tuple[Request[Any], ...] | Pause, replies: Any, clock: float | None) -> Any:
    if isinstance(step, Pause):
        return clock
    return next(replies) if isinstance(step, Request) else [next(replies) for _ in step]
