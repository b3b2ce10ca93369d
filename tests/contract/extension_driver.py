"""Executions by number, and the two ways to create, claim and finish them: one call each, or all in one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from conformance.clocked import Server
from contract.driver import ARGS, IDS

from ff_core import keys
from ff_core.contract import FUNCTIONS
from ff_core.contract.extension import (
    CLAIM_BATCH,
    SUBMIT_BATCH,
    Answer,
    Look,
    claim_batch,
    complete_batch,
    submit_batch,
)
from ff_core.contract.model import Arg, Request, Word
from ff_core.errors import FlowFabricError

TAG: Final = "{fp:7}"

Call = Mapping[str, Word | None]


def execution(number: int) -> str:
    return f"{TAG}:0f000000-0000-4000-8000-{number:012d}"


def lease(number: int) -> str:
    return f"1ea5e000-0000-4000-8000-{number:012d}"


def attempt(number: int) -> str:
    return f"a77e0000-0000-4000-8000-{number:012d}"


def key(name: str, number: int = 0, **ids: str) -> str:
    """A key of execution `number`, or of its partition."""
    return keys.key(name, **({**IDS, "E": execution(number)} | ids))


def values(forms: Sequence[Arg], **args: Any) -> dict[str, Any]:
    """The arguments of a call, with everything filled in that a test does not care about."""
    return {arg.name: ARGS[arg.name] for arg in forms if arg.name in ARGS} | args


def send(server: Server, request: Request[Any]) -> Any:
    """What a request comes to; a refusal is raised."""
    return request.read(server.execute_command(*request.words))


def attempted(server: Server, request: Request[Any]) -> Any:
    """What a request comes to, a refusal among it."""
    try:
        return send(server, request)
    except FlowFabricError as refusal:
        return refusal


def creation(number: int, **args: Any) -> dict[str, Any]:
    """A call that creates execution `number`."""
    return {"idempotency_key": ""} | values(SUBMIT_BATCH.each, **args) | {"execution_id": execution(number)}


def create_each(server: Server, calls: Sequence[Call]) -> list[Answer]:
    """Create by the function of the contract."""
    function = FUNCTIONS["ff_create_execution"]
    answers: list[Answer] = []
    for call in calls:
        ids = IDS | {"E": str(call["execution_id"]), "L": str(call["lane_id"]), "K": str(call["idempotency_key"])}
        choose = {
            "scheduling": "lane_delayed" if call.get("delay_until") else "lane_eligible",
            "idempotency": "create_idempotency" if call["idempotency_key"] else "noop",
        }
        args = {name: value for name, value in call.items() if name != "idempotency_key"}
        answers.append(attempted(server, function.call(ids, args, choose=choose)))
    return answers


def create_all(server: Server, calls: Sequence[Call]) -> list[Answer]:
    """Create in one call."""
    return send(server, submit_batch(TAG, calls))


def finish(number: int, **args: Any) -> dict[str, Any]:
    """A call that finishes execution `number` under the lease of the same number."""
    held = {
        "execution_id": execution(number),
        "lease_id": lease(number),
        "lease_epoch": "1",
        "attempt_id": attempt(number),
        "lane": "default",
        "worker_instance_id": "w1-a",
        "attempt_index": "0",
    }
    return held | args


def complete_each(server: Server, calls: Sequence[Call]) -> list[Answer]:
    """Finish by the function of the contract."""
    function = FUNCTIONS["ff_complete_execution"]
    names = {arg.name for arg in function.args}
    answers: list[Answer] = []
    for call in calls:
        ids = IDS | {"E": str(call["execution_id"]), "L": str(call["lane"]), "I": str(call["attempt_index"])}
        args = {name: value for name, value in call.items() if name in names}
        answers.append(attempted(server, function.call(ids, args)))
    return answers


def complete_all(server: Server, calls: Sequence[Call]) -> list[Answer]:
    """Finish in one call."""
    return send(server, complete_batch(TAG, calls))


def claim_each(server: Server, numbers: Sequence[int], *resumed: int, lane: str = "default") -> list[Answer]:
    """Claim these executions by the functions of the contract; the n-th gets lease and attempt id n."""
    answers: list[Answer] = []
    for place, number in enumerate(numbers):
        ids = IDS | {"E": execution(number), "L": lane}
        given = {
            "execution_id": execution(number),
            "lane": lane,
            "lane_id": lane,
            "lease_id": lease(place),
            "attempt_id": attempt(place),
        }
        name = "ff_claim_resumed_execution" if number in resumed else "ff_claim_execution"
        for function in (FUNCTIONS["ff_issue_claim_grant"], FUNCTIONS[name]):
            args = {name: value for name, value in given.items() if name in {arg.name for arg in function.args}}
            answer = attempted(server, function.call(ids, values(function.args, **args)))
        answers.append(answer)
    return answers


def claim_all(server: Server, count: int, *, receipt: str = "once", lane: str = "default", **args: Any) -> Look:
    """Claim the best of a queue in one call; the n-th gets lease and attempt id n."""
    given = values(CLAIM_BATCH.args, first="0", depth="1000", lane=lane, attempt_policy_json="{}") | args
    calls = [{"lease_id": lease(place), "attempt_id": attempt(place)} for place in range(count)]
    return send(server, claim_batch(IDS | {"T": TAG, "L": lane, "K": receipt}, given, calls))
