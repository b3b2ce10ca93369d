"""The way to the server, and limits of the client itself."""

from __future__ import annotations

from enum import StrEnum

from ff_core.errors.base import Bucket, ErrorClass, FlowFabricError


class TransportKind(StrEnum):
    """Which part of the way failed (contract 08 §5)."""

    TRANSPORT = "transport"
    TIMEOUT = "timeout"
    CLUSTER = "cluster"
    BUSY_LOADING = "busy_loading"
    PROTOCOL = "protocol"
    AUTH = "auth"
    SCRIPT_NOT_LOADED = "script_not_loaded"
    OTHER = "other"

    @property
    def retryable(self) -> bool:
        """Whether another try may get through."""
        return self in {self.TRANSPORT, self.TIMEOUT, self.CLUSTER, self.BUSY_LOADING}


class TransportError(FlowFabricError, bucket=Bucket.TRANSPORT, error_class=ErrorClass.TERMINAL):
    """The server could not be asked, or its answer could not be used."""

    kind: TransportKind = TransportKind.OTHER

    def __init__(self, *details: object, kind: TransportKind | None = None) -> None:
        super().__init__(*details)
        if kind is not None:
            self.kind = kind
            self.error_class = ErrorClass.RETRYABLE if kind.retryable else ErrorClass.TERMINAL


class NotConnected(TransportError, error_class=ErrorClass.RETRYABLE):
    """There is no connection to the server, and nothing was sent. Check its address and that it runs."""

    kind = TransportKind.TRANSPORT


class ConnectionLost(TransportError):
    """The connection broke before the answer came, so the command may have run. Repeat it with its ids."""

    kind = TransportKind.TRANSPORT


class ServerError(TransportError):
    """The server refused the command."""

    kind = TransportKind.PROTOCOL


class MalformedReply(TransportError, details=("parse error",)):
    """The answer is not what the contract says. Check that the server runs FlowFabric's function library."""

    kind = TransportKind.PROTOCOL


class Unavailable(FlowFabricError, bucket=Bucket.UNAVAILABLE, error_class=ErrorClass.TERMINAL, details=("operation",)):
    """The backend does not offer the operation."""


class ResourceExhausted(
    FlowFabricError,
    bucket=Bucket.RESOURCE_EXHAUSTED,
    error_class=ErrorClass.RETRYABLE,
    details=("pool", "limit", "retry after ms"),
):
    """All places of a local pool are taken. Try again when one is free."""

    def __init__(self, pool: str, limit: int, retry_after_ms: int | None = None) -> None:
        super().__init__(pool, limit, *([] if retry_after_ms is None else [retry_after_ms]))
        self.pool = pool
        self.limit = limit
        self.retry_after_ms = retry_after_ms


class TimedOut(
    FlowFabricError,
    TimeoutError,
    bucket=Bucket.TIMEOUT,
    error_class=ErrorClass.TERMINAL,
    details=("waiting for", "seconds"),
):
    """The time that the caller was ready to wait is over. What was waited for may still happen."""

    def __init__(self, operation: str, elapsed: float) -> None:
        super().__init__(operation, elapsed)
        self.operation = operation
        self.elapsed = elapsed
        """Seconds that were waited."""


class StreamDisconnected(FlowFabricError, bucket=Bucket.STREAM, error_class=ErrorClass.TERMINAL, details=("cursor",)):
    """The subscription broke. Subscribe again from the cursor and nothing is missed."""

    def __init__(self, cursor: str) -> None:
        super().__init__(cursor)
        self.cursor = cursor


class StreamBackpressure(FlowFabricError, bucket=Bucket.STREAM, error_class=ErrorClass.INFORMATIONAL):
    """Events were dropped because the reader is too slow. Read again from the last cursor."""
