"""Functions of our own, in a library that runs beside any `flowfabric` of the contract.

What they change they leave as the contract's functions would: they share their bodies. A function that makes many calls
gets ids in place of keys and builds those itself, so its executions all lie on the partition of its first key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ff_core.contract.execution import CREATE_EXECUTION
from ff_core.contract.lease import CLAIM_EXECUTION
from ff_core.contract.model import Arg, Function, Key, Layout, Reply, Request, Table, Word, args, keys
from ff_core.contract.outcome import COMPLETE_EXECUTION
from ff_core.contract.reply import decode_reply
from ff_core.errors import FlowFabricError, ServerError

Answer = Reply | FlowFabricError

SUBMIT_BATCH = Function(
    name="ffx_submit_batch",
    lua="extension/submit_batch",
    about="Create many executions; each call is answered as ff_create_execution answers it.",
    source="03a §2",
    keys=keys("all_executions"),
    args=(),
    each=(*CREATE_EXECUTION.args, Arg("idempotency_key")),
    replies={"OK": ()},
    errors=("invalid_input",),
)

COMPLETE_BATCH = Function(
    name="ffx_complete_batch",
    lua="extension/complete_batch",
    about="Finish many executions with success; each call is answered as ff_complete_execution answers it.",
    source="03b §2",
    keys=keys("lease_expiry"),
    args=(),
    each=(*COMPLETE_EXECUTION.args, *args("lane", "worker_instance_id", "attempt_index")),
    replies={"OK": ()},
    errors=("invalid_input",),
)

CLAIM_BATCH = Function(
    name="ffx_claim_batch",
    lua="extension/claim_batch",
    about="Take the best executions of one queue that this worker is able to do: one for each call.",
    source="03a §2, 04 §8",
    keys=keys("lane_eligible", "claim_receipt"),
    args=args(
        "lane",
        "worker_id",
        "worker_instance_id",
        "worker_capabilities_csv",
        "lease_ttl_ms:number",
        "renew_before_ms:number",
        "attempt_policy_json",
        "first:number",
        "depth:number",
        "worst_score:optional",
    ),
    each=args("lease_id", "attempt_id"),
    replies={"OK": ("looked_at",)},
    errors=("invalid_input", "invalid_capabilities"),
)

DUE = Function(
    name="ffx_due",
    lua="extension/due",
    about="Say what is due on a partition, and when the next thing will be.",
    source="02 §13",
    keys=keys(
        "lease_expiry",
        "attempt_timeout",
        "execution_deadline",
        "suspension_timeout",
        "pending_waitpoint_expiry",
    ),
    args=args("limit:whole"),
    rest_keys=keys("lane_delayed"),
    rest_args=("lane",),
    replies={"OK": ("now", "next_due")},
    errors=("invalid_input",),
)

REPORT_USAGE = Function(
    name="ffx_report_usage",
    lua="extension/report_usage",
    about="Count what an attempt has used, and note the report in the partition's stream of reports.",
    source="02 §1",
    keys=(*keys("exec_core", "attempt_usage", "usage_reports"), Key("dedup", ("noop", "usage_report_dedup"))),
    args=args("attempt_index"),
    table=Table("dimension_count", args("dimension", "amount:whole"), Layout.ROWS),
    replies={"OK": ("report",), "ALREADY_APPLIED": ()},
    errors=("invalid_input", "execution_not_found", "attempt_not_found"),
)

FUNCTIONS = (SUBMIT_BATCH, COMPLETE_BATCH, CLAIM_BATCH, DUE, REPORT_USAGE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One execution that a batched claim came to: taken, passed over for want of capabilities, or damaged."""

    execution_id: str
    kind: str
    flow_id: str
    answer: Answer
    """As `ff_claim_execution` answers; CapabilityMismatch where the worker lacks something."""
    payload: bytes | None
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """What a batched claim came to. `looked_at` counts the executions from the first one on, taken or not."""

    looked_at: int
    candidates: tuple[Candidate, ...]


def submit_batch(tag: str, calls: Sequence[Mapping[str, Word | None]]) -> Request[list[Answer]]:
    """Create these executions, all on the partition with this tag."""
    return _batch(SUBMIT_BATCH, tag, calls, CREATE_EXECUTION)


def complete_batch(tag: str, calls: Sequence[Mapping[str, Word | None]]) -> Request[list[Answer]]:
    """Finish these executions, all on the partition with this tag."""
    return _batch(COMPLETE_BATCH, tag, calls, COMPLETE_EXECUTION)


def claim_batch(
    ids: Mapping[str, Word], arguments: Mapping[str, Word | None], calls: Sequence[Mapping[str, Word | None]]
) -> Request[Look]:
    """Take the best executions of a queue, one for each call."""
    request = CLAIM_BATCH.call(ids, arguments, each=calls)
    return Request(request.words, _read_look, request.function)


def _batch(
    function: Function, tag: str, calls: Sequence[Mapping[str, Word | None]], of: Function
) -> Request[list[Answer]]:
    request = function.call({"T": tag}, {}, each=calls)
    return Request(request.words, lambda raw: [_answer(of, item) for item in _behind(function, raw, 0)], function.name)


def _behind(function: Function, raw: Any, fields: int) -> list[Any]:
    """What stands behind the status and the first fields of a good answer; a refusal is raised."""
    decode_reply(raw, function.name)
    return cast("list[Any]", raw[2 + fields :])


def _answer(function: Function, raw: Any) -> Answer:
    if isinstance(raw, Exception):  # an error of the server inside one call
        return ServerError(str(raw))
    try:
        return function.read(raw)
    except FlowFabricError as refusal:
        return refusal


def _read_look(raw: Any) -> Look:
    items = _behind(CLAIM_BATCH, raw, 1)
    return Look(int(raw[2]), tuple(map(_candidate, items)))


def _candidate(item: list[Any]) -> Candidate:
    execution_id, kind, flow_id, answer, payload, tags = item
    words = [word.decode("utf-8", "replace") for word in tags]
    return Candidate(
        execution_id=execution_id.decode(),
        kind=kind.decode("utf-8", "replace"),
        flow_id=flow_id.decode(),
        answer=_answer(CLAIM_EXECUTION, answer),
        payload=payload,
        tags=dict(zip(words[::2], words[1::2], strict=True)),
    )
