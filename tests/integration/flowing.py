"""Steps of tests about flows."""

from collections.abc import Callable
from typing import Any, TypeVar

import ff_core as ff
from ff_core.client import Flow
from ff_core.errors import FlowFabricError
from ff_core.ops.op import Op
from ff_core.types import EdgeGroupSnapshot

T = TypeVar("T")


def states(flow: Flow, *runs: ff.Run) -> list[str]:
    """The public state of each of these members."""
    members = flow.members()
    return [members[run.id].value for run in runs]


def group_of(flow: Flow, run: ff.Run) -> EdgeGroupSnapshot:
    """How those stand together that a member waits for."""
    return next(group for group in flow.describe().edge_groups if group.downstream_execution_id == run.id)


def counts(flow: Flow, run: ff.Run) -> tuple[str, int, int, int, int]:
    """State of the group of a member, and how many succeeded, failed, were skipped, and are still open."""
    group = group_of(flow, run)
    return (
        group.group_state.value,
        group.satisfied_count,
        group.failed_count,
        group.skipped_count,
        group.running_count,
    )


def fail(client: ff.Client, run: ff.Run) -> None:
    """Claim a member and fail it for good."""
    client.claim_id(run).fail("boom", "permanent")


def complete(client: ff.Client, run: ff.Run, result: Any = None) -> None:
    """Claim a member and complete it."""
    client.claim_id(run).complete(result)


def with_something_before(op: Op[T], is_moment: Callable[[Any], bool], happens: Callable[[], object]) -> Op[T]:
    """The op, and what happens right before the first of its steps that is the moment for it."""
    answer: Any = None
    waits = True
    while True:
        try:
            step = op.throw(answer) if isinstance(answer, FlowFabricError) else op.send(answer)
        except StopIteration as stop:
            assert not waits, "the moment has never come"
            return stop.value
        if waits and is_moment(step):
            happens()
            waits = False
        try:
            answer = yield step
        except FlowFabricError as error:
            answer = error
