"""FlowFabric for Python: durable executions on Valkey.

``connect()`` gives a `Client`; ``AsyncClient.connect()`` the same for asyncio. Types are in `ff_core.types`, errors in
`ff_core.errors`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ff_core.client import AsyncClient, AsyncRun, AsyncTask, Client, Run, Task, connect
    from ff_core.errors import FlowFabricError

__all__ = ["AsyncClient", "AsyncRun", "AsyncTask", "Client", "FlowFabricError", "Run", "Task", "connect"]


def __getattr__(name: str) -> object:
    """Import the public names on first use: the keeper of an embedded server imports this package and needs none."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("ff_core.errors" if name == "FlowFabricError" else "ff_core.client"), name)
