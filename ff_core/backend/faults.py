"""Faults of the Valkey client library as errors of ours."""

from __future__ import annotations

from valkey import exceptions

from ff_core.backend.address import Address
from ff_core.errors import (
    AccessDenied,
    ConnectionLost,
    FlowFabricError,
    MalformedReply,
    NotConnected,
    ServerError,
    TransportKind,
    WrongServer,
)

FAULTS = (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.InvalidResponse)
"""What the client library raises when a connection breaks, or carries something that is not the protocol."""

CONNECT_FAULTS = (*FAULTS, exceptions.ResponseError)
"""What it raises when a connection cannot be made: the server may also refuse the greeting."""


def before_sending(error: exceptions.ValkeyError, address: Address) -> FlowFabricError:
    """The error for a connection that could not be made."""
    # The async connection wraps whatever goes wrong while it greets the server.
    cause = error.__cause__ if isinstance(error.__cause__, exceptions.ValkeyError) else error
    if isinstance(cause, exceptions.BusyLoadingError):
        return NotConnected(f"{address} is loading its data", kind=TransportKind.BUSY_LOADING)
    if isinstance(cause, exceptions.AuthenticationError):
        return AccessDenied(str(address))
    if isinstance(cause, exceptions.InvalidResponse):
        return WrongServer(f"what listens on {address} does not speak its protocol")
    if isinstance(cause, exceptions.ResponseError):
        return ServerError(str(address), _reason(cause))
    return NotConnected(str(address), _reason(error))


def after_sending(error: exceptions.ValkeyError, address: Address) -> FlowFabricError:
    """The error for a connection that broke while replies were awaited."""
    if isinstance(error, exceptions.BusyLoadingError | exceptions.AuthenticationError):
        return before_sending(error, address)  # the server has answered, and run nothing
    if isinstance(error, exceptions.InvalidResponse):
        return MalformedReply(f"{address}: {_reason(error)}")
    return ConnectionLost(str(address), _reason(error))


def _reason(error: exceptions.ValkeyError) -> str:
    return str(error).rstrip(".")
