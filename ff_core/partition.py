"""Which partition an id falls into, and where a scan over the partitions begins (contract 01 §3, §4.1)."""

from __future__ import annotations

from typing import Final

from ff_core.types.ids import BudgetId, FlowId, LaneId, QuotaPolicyId
from ff_core.types.partition import Partition, PartitionCounts, PartitionFamily, PartitionKey, crc16

__all__ = [
    "Partition",
    "PartitionCounts",
    "PartitionFamily",
    "PartitionKey",
    "crc16",
    "digest_of",
    "fnv1a",
    "partition_of_budget",
    "partition_of_flow",
    "partition_of_lane",
    "partition_of_quota",
    "scan_start",
]

_FNV_OFFSET: Final = 0xCBF29CE484222325
_FNV_PRIME: Final = 0x100000001B3
_64_BITS: Final = 2**64 - 1
_32_BITS: Final = 2**32 - 1
_16_BITS: Final = 2**16 - 1


def partition_of_flow(flow_id: FlowId, counts: PartitionCounts) -> Partition:
    """The partition of a flow and of all its members."""
    return Partition(PartitionFamily.FLOW, crc16(flow_id.raw) % counts.flow)


def partition_of_lane(lane: LaneId, counts: PartitionCounts) -> Partition:
    """The partition of executions of this lane that have no flow."""
    return Partition(PartitionFamily.EXECUTION, crc16(lane.encode()) % counts.flow)


def partition_of_budget(budget_id: BudgetId, counts: PartitionCounts) -> Partition:
    """The partition of a budget."""
    return Partition(PartitionFamily.BUDGET, crc16(budget_id.raw) % counts.budget)


def partition_of_quota(quota_policy_id: QuotaPolicyId, counts: PartitionCounts) -> Partition:
    """The partition of a quota policy."""
    return Partition(PartitionFamily.QUOTA, crc16(quota_policy_id.raw) % counts.quota)


def fnv1a(text: str) -> int:
    """The FNV-1a hash of 64 bits over UTF-8."""
    value = _FNV_OFFSET
    for byte in text.encode():
        value = (value ^ byte) * _FNV_PRIME & _64_BITS
    return value


def digest_of(text: str) -> str:
    """A short digest for logs, such as of a list of capabilities: 8 hex digits."""
    value = fnv1a(text)
    return f"{value & _32_BITS ^ value >> 32:08x}"


def scan_start(worker_instance_id: str, count: int) -> int:
    """The partition at which a worker begins its scan, so that workers spread; 0 when there is none."""
    return (fnv1a(worker_instance_id) & _16_BITS) % count if count else 0
