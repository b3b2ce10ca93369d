"""A listing of executions: a DataFrame that shows itself to people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from ff_core.types import ExecutionId
from ff_notebook.frames import EXECUTIONS
from ff_notebook.text import ID_SHOWN, columns, moment, span
from ff_notebook.views.markup import Html, bar, framed, paragraph, short_id, state, table

_HEADINGS: Final = ("id", "kind", "lane", "state", "attempts", "progress", "created (UTC)", "took", "")

MORE: Final = "more"
"""The entry in `attrs` that says whether there are more than these."""


class Listing(pd.DataFrame):
    """One row an execution; what is selected from it is a plain DataFrame. `df` is all of it as one."""

    @property
    def _constructor(self) -> Any:
        return pd.DataFrame

    @property
    def df(self) -> pd.DataFrame:
        """The same as a plain DataFrame."""
        return pd.DataFrame(self)

    def __repr__(self) -> str:
        if not self._is_ours():
            return repr(self.df)
        rows = [(short, *words, _percent(percent), *rest) for _, short, words, percent, rest in self._rows()]
        listed = columns([_HEADINGS, *rows]) if rows else ""
        return "\n".join(filter(None, [listed, self._footer()]))

    def _repr_html_(self) -> str:
        if not self._is_ours():
            return self.df.to_html()
        rows = [
            (short_id(full, short), kind, lane, state(word), attempts, bar(percent), *rest)
            for full, short, (kind, lane, word, attempts), percent, rest in self._rows()
        ]
        listed = table(_HEADINGS, rows) if rows else ""
        return framed(Html(f"{listed}{paragraph(self._footer(), 'ff-quiet')}"))

    def _is_ours(self) -> bool:
        """Whether its owner has left the columns as they were."""
        return list(self) == list(EXECUTIONS)

    def _footer(self) -> str:
        if self.empty:
            return "no executions"
        return "there are more; --limit shows them" if self.attrs.get(MORE) else ""

    def _rows(self) -> Iterator[tuple[str, str, tuple[str, str, str, str], float | None, tuple[str, str, str]]]:
        """Of each execution: id, its beginning, words about it, percentage, when and why."""
        rows: Any = self.astype(object).where(self.notna(), None).itertuples(index=False)
        for row in rows:
            took = "" if row.started is None or row.ended is None else span(_millis(row.ended) - _millis(row.started))
            waits_for = (row.reason or "").replace("_", " ") if row.ended is None else row.reason
            yield (
                row.id,
                ExecutionId(row.id).uuid[:ID_SHOWN],
                (row.kind, row.lane, row.state, str(row.attempts)),
                row.progress,
                (moment(_millis(row.created)), took, waits_for or row.message or ""),
            )


def _millis(time: Any) -> int:
    return round(time.timestamp() * 1_000)


def _percent(percent: float | None) -> str:
    return "" if percent is None else f"{percent:g} %"
