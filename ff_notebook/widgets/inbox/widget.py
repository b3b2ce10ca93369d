"""The inbox in the browser."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import anywidget
from traitlets import Dict, Int, List, Unicode

from ff_core.client import Client
from ff_core.ops.inbox import OpenWaitpoint
from ff_core.types import TimestampMs
from ff_notebook.text import LIMIT
from ff_notebook.widgets.inbox.rows import Rows, State
from ff_notebook.widgets.routing import hear_clicks_in_busy_cells


class InboxList(anywidget.AnyWidget):
    """One widget for the whole list. The browser asks for news; a click goes from here straight to the server."""

    _esm = (files("ff_notebook.widgets.inbox") / "inbox.js").read_text("utf-8")
    _css = (files("ff_notebook.widgets.inbox") / "inbox.css").read_text("utf-8")

    rows = List(Dict()).tag(sync=True)
    hidden = Int().tag(sync=True)
    fault = Unicode().tag(sync=True)
    now = Int().tag(sync=True)
    """This machine's clock at the latest news, ms; the browser's may differ."""

    def __init__(self, client: Client, lanes: Sequence[str], pending: Sequence[OpenWaitpoint]) -> None:
        super().__init__()
        self._rows = Rows(client, lanes, pending)
        self._telling = threading.Lock()
        self._tell()
        self.on_msg(self._hear)
        hear_clicks_in_busy_cells(self.comm)

    def _hear(self, _: Any, content: Any, __: Any) -> None:
        match content:
            case {"op": "refresh"}:
                self._rows.look_again()
            case {"op": "approve", "id": str(waitpoint_id), "comment": str(comment)}:
                self._decide(waitpoint_id, State.APPROVED, comment)
            case {"op": "reject", "id": str(waitpoint_id), "comment": str(comment)}:
                self._decide(waitpoint_id, State.REJECTED, comment)
        self._tell()

    def _decide(self, waitpoint_id: str, verdict: State, comment: str) -> None:
        row = self._rows.take(waitpoint_id)
        if row:
            self._tell()
            self._rows.decide(row, verdict, comment[:LIMIT])

    def _tell(self) -> None:
        """Bring the browser up to date; what has not changed is not sent."""
        with self._telling:
            self.rows = self._rows.shown()
            self.hidden = self._rows.hidden()
            self.fault = self._rows.fault
            self.now = int(TimestampMs.now())
