"""Listings as DataFrames, with the same columns and dtypes whatever is in them. Values are as stored, not cleaned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd

from ff_core.ops.inbox import OpenWaitpoint
from ff_core.types import ExecutionSnapshot, PublicState, TimestampMs
from ff_notebook.states import reason
from ff_notebook.text import data

_TIME: Final = "datetime64[ms, UTC]"
_STATE: Final = pd.CategoricalDtype([str(state) for state in PublicState])

EXECUTIONS: Final[dict[str, Any]] = {
    "id": "str",
    "kind": "category",
    "lane": "category",
    "state": _STATE,
    "priority": "Int64",
    "attempts": "Int64",
    "progress": "Float64",
    "message": "str",
    "created": _TIME,
    "started": _TIME,
    "ended": _TIME,
    "reason": "str",
    "tags": "str",
}
"""Columns of a listing of executions. `progress` is a percentage, `tags` are JSON."""

WAITPOINTS: Final[dict[str, Any]] = {
    "waitpoint": "str",
    "execution": "str",
    "kind": "category",
    "lane": "category",
    "reason": "category",
    "requested_by": "category",
    "since": _TIME,
    "until": _TIME,
    "on_timeout": "category",
    "signals": "Int64",
    "payload": "str",
}
"""Columns of a listing of what waits for a decision. `payload` is its beginning."""


def executions(snapshots: Iterable[ExecutionSnapshot]) -> pd.DataFrame:
    """One row an execution."""
    return _frame(EXECUTIONS, [_execution(snapshot) for snapshot in snapshots])


def waitpoints(pending: Iterable[OpenWaitpoint]) -> pd.DataFrame:
    """One row a waitpoint."""
    return _frame(WAITPOINTS, [_waitpoint(row) for row in pending])


def _execution(snapshot: ExecutionSnapshot) -> tuple[Any, ...]:
    return (
        str(snapshot.execution_id),
        snapshot.execution_kind,
        str(snapshot.lane_id),
        str(snapshot.public_state),
        snapshot.priority,
        snapshot.total_attempt_count,
        snapshot.progress_pct,
        snapshot.progress_message or None,
        _time(snapshot.created_at),
        _time(snapshot.started_at),
        _time(snapshot.completed_at),
        reason(snapshot) or None,
        data(dict(snapshot.tags)) if snapshot.tags else None,
    )


def _waitpoint(row: OpenWaitpoint) -> tuple[Any, ...]:
    return (
        str(row.waitpoint_id),
        str(row.execution_id),
        row.kind,
        str(row.lane),
        row.reason,
        row.requested_by,
        _time(row.suspended_at),
        _time(row.timeout_at),
        row.on_timeout,
        row.signal_count,
        row.payload_start.decode("utf-8", "replace"),
    )


def _time(moment: TimestampMs | None) -> datetime | None:
    return None if moment is None else moment.to_datetime()


def _frame(columns: dict[str, Any], rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    return pd.DataFrame(
        {
            name: pd.Series(list(value), dtype=dtype)
            for (name, dtype), value in zip(columns.items(), values, strict=True)
        }
    )
