"""Keeping a lease, reporting progress under it, and taking it away (contract 03b §1)."""

from __future__ import annotations

from ff_core.contract.execution import UPDATE_PROGRESS
from ff_core.contract.lease import RENEW_LEASE, REVOKE_LEASE
from ff_core.errors import ExecutionNotFound, InvalidInput
from ff_core.ops.command import hash_fields
from ff_core.ops.held import fence_of, ids_of
from ff_core.ops.op import Op, send
from ff_core.ops.scope import core_key
from ff_core.types import ExecutionId, Handle, LeaseRenewal, decode_handle

WHOLE = 100

RENEWAL_GRACE_MS = 5_000
"""How long the lease record outlives the lease, for those who look why it was lost."""


def renew(handle: Handle) -> Op[LeaseRenewal]:
    """Extend the lease by its whole time. Raises StaleLease, LeaseExpired or LeaseRevoked when it is lost."""
    held = decode_handle(handle)
    reply = yield from send(
        RENEW_LEASE.call(
            ids_of(held),
            {
                **fence_of(held),
                "attempt_index": held.attempt_index,
                "lease_ttl_ms": held.lease_ttl_ms,
                "lease_history_grace_ms": RENEWAL_GRACE_MS,
            },
        )
    )
    return LeaseRenewal(expires_at_ms=reply.integer("expires_at"), lease_epoch=held.lease_epoch)


def progress(handle: Handle, percent: float | None = None, message: str = "") -> Op[None]:
    """Say how far the work has come: `percent` of 0 to 100, a message, or both."""
    if percent is None and not message:
        raise InvalidInput("progress says nothing; give a percentage from 0 to 100, a message, or both")
    if percent is not None and not 0 <= percent <= WHOLE:
        raise InvalidInput(f"progress of {percent:g} %; give a percentage from 0 to 100")
    held = decode_handle(handle)
    yield from send(
        UPDATE_PROGRESS.call(
            ids_of(held),
            {
                "execution_id": held.execution_id,
                "lease_id": held.lease_id,
                "lease_epoch": held.lease_epoch,
                # Empty keeps the last percentage; a 0 would reset it (contract 03b §1).
                "progress_pct": None if percent is None else f"{percent:g}",
                "progress_message": message,
            },
        )
    )


def revoke(execution_id: ExecutionId, reason: str = "") -> Op[bool]:
    """Take the lease away from whoever holds it; False when it was lost already."""
    core = yield from send(hash_fields(core_key(execution_id), ("lane_id", "current_worker_instance_id")))
    if not core["lane_id"]:
        raise ExecutionNotFound
    reply = yield from send(
        REVOKE_LEASE.call(
            {"E": execution_id, "P": core["current_worker_instance_id"]},
            {"execution_id": execution_id, "reason": reason or "operator"},
        )
    )
    return reply.status == "OK"
