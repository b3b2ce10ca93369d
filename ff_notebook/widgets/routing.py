"""Clicks that arrive while a cell runs."""

from __future__ import annotations

from typing import Any, Final

_ROUTE: Final = "_reply_subshell_for"


def hear_clicks_in_busy_cells(comm: Any) -> None:
    """Let the browser's messages on this comm run in the thread that the browser asked for.

    JupyterLab sends them to a thread beside the one that runs cells; ipykernel 7.4 puts them back into the queue behind
    the running cell. Where a kernel knows nothing of this there is nothing to do.
    """
    if hasattr(comm, _ROUTE):
        setattr(comm, _ROUTE, lambda _message, asked_for: asked_for)
