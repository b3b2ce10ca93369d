"""It collides with what is stored."""

from __future__ import annotations

from ff_core.errors.buckets import Conflict


class ActiveAttemptExists(Conflict, code="active_attempt_exists"):
    """The execution waits to be claimed while one of its attempts is running. Please report this fault."""


class AlreadyMemberOfDifferentFlow(Conflict, code="already_member_of_different_flow", details=("flow",)):
    """The execution belongs to another flow, and it can belong to one only."""


class BudgetAttachConflict(Conflict, code="budget_attach_conflict"):
    """Another budget is attached already. Detach it first."""


class CycleDetected(Conflict, code="cycle_detected"):
    """The dependency would close a cycle. Leave it out, or turn another one round."""


class DependencyAlreadyExists(Conflict, code="dependency_already_exists"):
    """There is an edge with this id. With the same two ends the work is done; otherwise use a new id."""


class ExecutionAlreadyInFlow(Conflict, code="execution_already_in_flow"):
    """The execution belongs to another flow than the edge."""


class QuotaAttachConflict(Conflict, code="quota_attach_conflict"):
    """Another quota policy is attached already. Detach it first."""


class RotationConflict(Conflict, code="rotation_conflict", details=("key id",)):
    """The key id is installed with another secret. Rotate under an id that was never used."""


class SelfReferencingEdge(Conflict, code="self_referencing_edge"):
    """An execution cannot depend on itself."""


class WaitpointAlreadyExists(Conflict, code="waitpoint_already_exists"):
    """The waitpoint id is taken. Use a new one."""
