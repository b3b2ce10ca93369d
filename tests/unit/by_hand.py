"""Running an op without a server: each step is answered from a list, and what the op asked for is kept."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from ff_core.contract.model import Request
from ff_core.errors import FlowFabricError
from ff_core.ops.op import Pause
from ff_core.ops.scope import Scope
from ff_core.types import (
    AttemptId,
    ExecutionId,
    Handle,
    HandleFields,
    HandleKind,
    LaneId,
    LeaseId,
    Namespace,
    PartitionCounts,
    WorkerId,
    WorkerInstanceId,
    encode_handle,
)

EXECUTION: Final = ExecutionId("{fp:1}:1f073a2a-2f67-4d5d-94bb-e92e7333c854")
ATTEMPT: Final = AttemptId("a77e0000-0000-4000-8000-000000000001")
HELD: Final = HandleFields(
    execution_id=EXECUTION,
    attempt_index=2,
    attempt_id=ATTEMPT,
    lease_id=LeaseId.new(),
    lease_epoch=3,
    lease_ttl_ms=30_000,
    lane_id=LaneId("default"),
    worker_instance_id=WorkerInstanceId("w1-a"),
)
HANDLE: Final[Handle] = encode_handle(HELD, HandleKind.FRESH)
SCOPE: Final = Scope(Namespace("default"), PartitionCounts(2, 2, 2), WorkerId("w1"), WorkerInstanceId("w1-a"))


@dataclass
class Hand:
    """Answers the steps of a generator in order. An answer that is an error is thrown into it.

    A raw reply to a request is read as the request reads it; `Raw` marks one, `Hash` what a hash holds. Whatever else
    is passed as it is.
    """

    answers: Iterable[Any]
    steps: list[Any] = field(default_factory=list)

    def run(self, op: Generator[Any, Any, Any]) -> Any:
        """What the op comes to. The answers have to be exactly as many as its steps."""
        left = list(self.answers)
        answer: Any = None
        while True:
            try:
                step = op.throw(answer) if isinstance(answer, FlowFabricError) else op.send(answer)
            except StopIteration as stop:
                assert not left, f"the op has ended, but there is more to tell it: {left}"
                return stop.value
            except FlowFabricError:
                assert not left, f"the op has failed, but there is more to tell it: {left}"
                raise
            self.steps.append(step)
            assert left, f"no answer for {step}"
            answer = given(step, left.pop(0))

    @property
    def functions(self) -> list[str]:
        """The library functions and commands that were called, batches flattened."""
        return [name_of(request) for step in self.steps for request in requests_of(step)]


@dataclass(frozen=True)
class Raw:
    """What the server would send."""

    reply: Any


class Hash(dict[str, str]):
    """A hash on the server: named fields of it are answered by their names."""


def given(step: Any, answer: Any) -> Any:
    """The answer in the form in which a driver gives it."""
    if isinstance(answer, list) and isinstance(step, tuple):
        assert len(answer) == len(step), f"{len(step)} requests, {len(answer)} answers"
        return [given(request, part) for request, part in zip(step, answer, strict=True)]
    if isinstance(answer, Hash):
        return {name: answer.get(name, "") for name in step.words[2:]}
    if not isinstance(answer, Raw):
        return answer
    try:
        return step.read(answer.reply)
    except FlowFabricError as refusal:
        return refusal


def requests_of(step: Any) -> tuple[Request[Any], ...]:
    """The requests of a step."""
    if isinstance(step, Pause):
        return ()
    return step if isinstance(step, tuple) else (step,)


def name_of(request: Request[Any]) -> str:
    """The function that a request calls, or its command."""
    return str(request.function or request.words[0])


def args_of(request: Request[Any]) -> tuple[Any, ...]:
    """The arguments of a function call, without its keys."""
    keys = int(request.words[2])
    return request.words[3 + keys :]


def not_active(outcome: str, epoch: int, phase: str, attempt: str) -> Raw:
    """The refusal that tells how an execution stands."""
    return Raw([0, b"execution_not_active", outcome.encode(), str(epoch).encode(), phase.encode(), attempt.encode()])


def ok(*fields: object) -> Raw:
    """A success with its fields."""
    return Raw([1, b"OK", *(str(part).encode() for part in fields)])
