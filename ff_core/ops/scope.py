"""What an operation knows of the deployment it runs in and of the worker it runs for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ff_core.keys import key
from ff_core.types import ExecutionId, LaneId, Namespace, PartitionCounts, WorkerId, WorkerInstanceId


@dataclass(frozen=True, slots=True)
class Scope:
    """Namespace, partition counts and worker identity of one client."""

    namespace: Namespace
    partitions: PartitionCounts
    worker_id: WorkerId
    worker_instance_id: WorkerInstanceId

    def flow_tags(self) -> list[str]:
        """The tags of all partitions that hold executions: ``{fp:0}``, ``{fp:1}`` ..."""
        return [f"{{fp:{index}}}" for index in range(self.partitions.flow)]

    def lane_keys(self, name: str, lanes: Sequence[LaneId]) -> list[str]:
        """The key of the lane index `name` for each lane on each partition."""
        return [key(name, T=tag, L=lane) for lane in lanes for tag in self.flow_tags()]


def core_key(execution_id: ExecutionId) -> str:
    """The key of an execution's core hash."""
    return key("exec_core", E=execution_id)
