"""The clients: one for ordinary Python, one for asyncio."""

from ff_core.client.aio import AsyncClient, AsyncFlow, AsyncRun, AsyncTask
from ff_core.client.sync import Client, Flow, Run, Task, connect

__all__ = ["AsyncClient", "AsyncFlow", "AsyncRun", "AsyncTask", "Client", "Flow", "Run", "Task", "connect"]
