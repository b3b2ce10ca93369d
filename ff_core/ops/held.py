"""What a lease holder's calls have in common: the ids and the fence of a handle."""

from __future__ import annotations

from ff_core.contract.model import Word
from ff_core.types import HandleFields


def ids_of(held: HandleFields) -> dict[str, Word]:
    """Letters of the key catalogue for the execution that this handle holds."""
    return {
        "E": held.execution_id,
        "L": held.lane_id,
        "P": held.worker_instance_id,
        "I": held.attempt_index,
    }


def fence_of(held: HandleFields) -> dict[str, Word | None]:
    """The arguments by which the library knows the holder (contract 01 §1, LeaseFence)."""
    return {
        "execution_id": held.execution_id,
        "lease_id": held.lease_id,
        "lease_epoch": held.lease_epoch,
        "attempt_id": held.attempt_id,
    }
