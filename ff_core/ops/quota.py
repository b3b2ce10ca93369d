"""Quota policies: how many executions may start within a time, and run at once (contract 07 §3)."""

from __future__ import annotations

from typing import Final

from ff_core.contract.model import Request, Word
from ff_core.contract.quota import CHECK_ADMISSION_AND_RECORD, CREATE_QUOTA_POLICY, RELEASE_ADMISSION
from ff_core.errors import InvalidInput, QuotaPolicyNotFound
from ff_core.keys import key
from ff_core.ops.command import is_member, server_time, whole_hash
from ff_core.ops.op import Op, send
from ff_core.ops.scope import Scope
from ff_core.partition import partition_of_quota
from ff_core.types import AdmissionDecision, Admitted, ExecutionId, QuotaPolicy, QuotaPolicyId, Throttled, TimestampMs

DIMENSION: Final = "default"
"""The window that the scheduler of 0.15 looks at (contract 07, A1)."""


def create_quota(scope: Scope, *, window_seconds: int, max_requests: int, max_concurrent: int) -> Op[QuotaPolicyId]:
    """Define a quota policy. At least one of the limits must be above 0."""
    for number in (window_seconds, max_requests, max_concurrent):
        if isinstance(number, bool) or not isinstance(number, int):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidInput(f"{number} is not a whole number; a quota has whole numbers of seconds and executions")
    if window_seconds < 1 or min(max_requests, max_concurrent) < 0:
        raise InvalidInput("a quota has a window of at least 1 second and no negative limits")
    if not max_requests and not max_concurrent:
        raise InvalidInput("the quota has no limits; give max_requests, max_concurrent or both")
    quota_id = QuotaPolicyId.new()
    args: dict[str, Word | None] = {
        "quota_policy_id": quota_id,
        "window_seconds": window_seconds,
        "max_requests_per_window": max_requests,
        "max_concurrent": max_concurrent,
        "now_ms": (yield from send(server_time())),
    }
    yield from send(CREATE_QUOTA_POLICY.call(_ids(scope, quota_id), args))
    return quota_id


def describe_quota(scope: Scope, quota_id: QuotaPolicyId) -> Op[QuotaPolicy]:
    """A quota policy. Raises QuotaPolicyNotFound."""
    fields = yield from send(whole_hash(key("quota", T=partition_of_quota(quota_id, scope.partitions).tag, B=quota_id)))
    if not fields:
        raise QuotaPolicyNotFound
    return QuotaPolicy(
        quota_policy_id=quota_id,
        window_seconds=int(fields["requests_per_window_seconds"]),
        max_requests=int(fields["max_requests_per_window"]),
        max_concurrent=int(fields["active_concurrency_cap"]),
        created_at=TimestampMs(int(fields["created_at"])),
    )


def admit(scope: Scope, quota_id: QuotaPolicyId, execution_id: ExecutionId) -> Op[AdmissionDecision]:
    """Ask whether an execution may start now, and count it if so. An execution that is in is admitted again."""
    policy = yield from describe_quota(scope, quota_id)
    ids = {**_ids(scope, quota_id), "E": execution_id}
    # The library forgets after a window that it has counted an execution, and would count one that still runs twice.
    if policy.max_concurrent and (yield from send(is_member(_admitted(ids), execution_id))):
        return Admitted()
    args: dict[str, Word | None] = {
        "now_ms": (yield from send(server_time())),
        "window_seconds": policy.window_seconds,
        "rate_limit": policy.max_requests,
        "concurrency_cap": policy.max_concurrent,
        "execution_id": execution_id,
        "jitter_ms": 0,
    }
    reply = yield from send(CHECK_ADMISSION_AND_RECORD.call(ids, args))
    if reply.status == "RATE_EXCEEDED":
        return Throttled(reply.integer("retry_after_ms"))
    return Throttled(0) if reply.status == "CONCURRENCY_EXCEEDED" else Admitted()


def release_admission(scope: Scope, quota_id: QuotaPolicyId, execution_id: ExecutionId) -> Op[bool]:
    """Give an admission back, once; False when the execution holds none."""
    ids = {**_ids(scope, quota_id), "E": execution_id}
    # The library lowers its counter at every call, so it is called by whoever takes the execution out of the set.
    if not (yield from send(_take_out(ids, execution_id))):
        return False
    yield from send(RELEASE_ADMISSION.call(ids, {"execution_id": execution_id}))
    return True


def _take_out(ids: dict[str, Word], execution_id: ExecutionId) -> Request[bool]:
    return Request(("SREM", _admitted(ids), execution_id), bool)


def _admitted(ids: dict[str, Word]) -> str:
    return key("quota_admitted_set", T=str(ids["T"]), B=str(ids["B"]))


def _ids(scope: Scope, quota_id: QuotaPolicyId) -> dict[str, Word]:
    return {"T": partition_of_quota(quota_id, scope.partitions).tag, "B": quota_id, "D": DIMENSION}
