"""How to reach a backend (contract 01 §18)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Self, TypeAlias


@dataclass(frozen=True, slots=True)
class ValkeyConnection:
    """Where a Valkey server is."""

    host: str
    port: int
    tls: bool = False
    cluster: bool = False


BackendConnection: TypeAlias = ValkeyConnection
"""One type a backend; there is one."""


@dataclass(frozen=True, slots=True)
class BackendTimeouts:
    """How long to wait; None leaves it to the backend."""

    request: timedelta | None = None
    keepalive: timedelta | None = None
    """Interval of probes on an idle connection."""


@dataclass(frozen=True, slots=True)
class BackendRetry:
    """How to repeat what failed on the way; None leaves it to the backend."""

    max_attempts: int | None = None
    base_backoff: timedelta | None = None


@dataclass(frozen=True, slots=True)
class BackendConfig:
    """A connection with its timeouts and retries."""

    connection: BackendConnection
    timeouts: BackendTimeouts = BackendTimeouts()
    retry: BackendRetry = BackendRetry()

    @classmethod
    def valkey(cls, host: str, port: int) -> Self:
        """A plain connection to one Valkey server."""
        return cls(ValkeyConnection(host, port))
