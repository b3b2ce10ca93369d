"""The buckets that wire codes fall into (contract 08 §2), one base class each."""

from __future__ import annotations

from ff_core.errors.base import Bucket, ErrorClass, FlowFabricError


class NotFound(FlowFabricError, bucket=Bucket.NOT_FOUND, error_class=ErrorClass.TERMINAL):
    """There is no such thing. Check the id, the namespace and the server."""


class ValidationError(FlowFabricError, ValueError, bucket=Bucket.VALIDATION, error_class=ErrorClass.TERMINAL):
    """The input is wrong, or stored data cannot be read. Correct it before calling again."""

    def __init__(self, *details: object, fault: str = "", carries: object = None) -> None:
        super().__init__(*details)
        self.fault = fault
        """Name of the rule that was broken, where the contract names it (contract 01 §2, §3, §9)."""
        self.carries = carries
        """The offending part, where the contract says which."""


class Contention(FlowFabricError, bucket=Bucket.CONTENTION, error_class=ErrorClass.RETRYABLE):
    """Somebody else was faster, or the state is not there yet. Try again, or take the next candidate."""


class Conflict(FlowFabricError, bucket=Bucket.CONFLICT, error_class=ErrorClass.TERMINAL):
    """It collides with what is stored. Read it before deciding what to do."""


class StateError(FlowFabricError, bucket=Bucket.STATE, error_class=ErrorClass.TERMINAL):
    """A legal call at the wrong moment. Describe the execution to see where it stands."""


class BugError(FlowFabricError, bucket=Bucket.BUG, error_class=ErrorClass.BUG):
    """Something that cannot happen has happened. Please report it with the whole message."""
