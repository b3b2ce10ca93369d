"""The server, or what lies on it, is not what this library can work with."""

from __future__ import annotations

from ff_core.errors.buckets import StateError
from ff_core.errors.transport import TransportError, TransportKind


class WrongServer(TransportError):
    """FlowFabric needs Valkey 7.2 or newer. Connect to one, or leave out the URL to use the embedded server."""

    kind = TransportKind.PROTOCOL


class WrongLibrary(TransportError):
    """The server runs another version of FlowFabric. Use a server of its own, or a matching version of this package."""

    kind = TransportKind.PROTOCOL


class AccessDenied(TransportError):
    """The server refuses the user or password. Put them into the URL, or the password into FF_PASSWORD."""

    kind = TransportKind.AUTH


class NotCompleted(StateError, details=("state", "reason")):
    """There is no result: the execution has not completed."""
