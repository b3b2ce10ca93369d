"""What waits for a decision."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from typing import Any, Final

import pandas as pd

from ff_core.client import Client
from ff_core.ops.inbox import OpenWaitpoint
from ff_notebook import frames
from ff_notebook.text import ID_SHOWN, columns, moment, plain, start_of_data
from ff_notebook.views.markup import Html, paragraph, short_id, table
from ff_notebook.views.view import View

_HEADINGS: Final = ("id", "kind", "lane", "waiting for", "since (UTC)", "until (UTC)", "payload")

EMPTY: Final = "Nothing waits for a decision."
HOW: Final = "%ff approve ID or %ff reject ID decides; --comment goes along."


class Inbox(View):
    """Waitpoints that were open when it was made. `pending` lists them, `df` too."""

    def __init__(self, client: Client, lanes: Sequence[str], pending: Sequence[OpenWaitpoint]) -> None:
        self.client = client
        self.lanes = lanes
        self.pending = pending

    @property
    def df(self) -> pd.DataFrame:
        """One row a waitpoint."""
        return frames.waitpoints(self.pending)

    def widget(self) -> Any:
        """The list with buttons, which keeps itself up to date."""
        return self._list

    @cached_property
    def _list(self) -> Any:
        return import_module("ff_notebook.widgets.inbox.widget").InboxList(self.client, self.lanes, self.pending)

    def text(self) -> str:
        """A line a waitpoint."""
        if not self.pending:
            return EMPTY
        rows = [(self._id(row)[:ID_SHOWN], *self._about(row)) for row in self.pending]
        return f"{columns([_HEADINGS, *rows])}\n{HOW}"

    def html(self) -> Html:
        """A row a waitpoint."""
        if not self.pending:
            return paragraph(EMPTY, "ff-quiet")
        rows = [(short_id(self._id(row), self._id(row)[:ID_SHOWN]), *self._about(row)) for row in self.pending]
        return Html(table(_HEADINGS, rows) + paragraph(HOW, "ff-quiet"))

    def _id(self, row: OpenWaitpoint) -> str:
        """The execution's UUID, or the waitpoint's where the execution has several."""
        siblings = sum(row.execution_id == other.execution_id for other in self.pending)
        return row.execution_id.uuid if siblings == 1 else row.waitpoint_id

    @staticmethod
    def _about(row: OpenWaitpoint) -> tuple[str, ...]:
        return (
            row.kind,
            row.lane,
            plain(row.reason),
            moment(row.suspended_at),
            f"{moment(row.timeout_at)}, then {plain(row.on_timeout)}" if row.timeout_at else "no limit",
            start_of_data(row.payload_start),
        )
