"""The drivers that run operations on a Valkey server. Only this package talks to the Valkey client library."""

from ff_core.backend.address import Address
from ff_core.backend.aio import AsyncDriver
from ff_core.backend.sync import SyncDriver

__all__ = ["Address", "AsyncDriver", "SyncDriver"]
