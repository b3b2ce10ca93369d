"""Nothing is stored under that id."""

from __future__ import annotations

from ff_core.errors.buckets import NotFound


class ExecutionNotFound(NotFound, code="execution_not_found"):
    """There is no such execution. Check the id and the server; finished ones vanish after their retention."""


class FlowNotFound(NotFound, code="flow_not_found"):
    """There is no such flow. Check the id, or create the flow first."""


class AttemptNotFound(NotFound, code="attempt_not_found"):
    """The execution has no attempt with that index. List its attempts."""


class BudgetNotFound(NotFound, code="budget_not_found"):
    """There is no such budget. Check the id, or create the budget first."""


class QuotaPolicyNotFound(NotFound, code="quota_policy_not_found"):
    """There is no such quota policy. Check the id, or create the policy first."""


class StreamNotFound(NotFound, code="stream_not_found"):
    """The attempt has no frames yet. Read again once the worker has appended one."""
