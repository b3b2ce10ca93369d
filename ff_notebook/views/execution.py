"""One execution, with its payload and result."""

from __future__ import annotations

from typing import Any

from ff_core.types import ExecutionSnapshot, PublicState
from ff_notebook.states import has_ended, reason
from ff_notebook.text import ID_SHOWN, LIMIT, columns, data, laid_out, moment, one_line, span
from ff_notebook.views.markup import Html, facts, heading, preformatted, short_id, state
from ff_notebook.views.view import View


class Execution(View):
    """An execution as it was when it was looked at. `snapshot` is what the client answered."""

    def __init__(self, snapshot: ExecutionSnapshot, payload: Any, result: Any) -> None:
        self.snapshot = snapshot
        self.payload = payload
        self.result = result

    @property
    def id(self) -> str:
        """The execution's id."""
        return self.snapshot.execution_id

    @property
    def state(self) -> PublicState:
        """Its public state."""
        return self.snapshot.public_state

    def text(self) -> str:
        """A fact a line."""
        title = f"{one_line(self.snapshot.execution_kind)} {self.snapshot.execution_id.uuid[:ID_SHOWN]} {self.state}"
        bodies = [(name, data(value)) for name, value in self._bodies()]
        return f"{title}\n{columns([*self._facts(), *bodies], LIMIT)}"

    def html(self) -> Html:
        """A card."""
        shown = short_id(self.id, self.snapshot.execution_id.uuid[:ID_SHOWN])
        bodies = [(name, preformatted(laid_out(value))) for name, value in self._bodies()]
        title = heading(self.snapshot.execution_kind, shown, state(self.state))
        return Html(title + facts([*self._facts(), *bodies]))

    def _facts(self) -> list[tuple[str, str]]:
        snapshot = self.snapshot
        percent = "" if snapshot.progress_pct is None else f"{snapshot.progress_pct:g} %"
        lease = snapshot.current_lease
        took = snapshot.completed_at and snapshot.started_at and span(snapshot.completed_at - snapshot.started_at)
        known = [
            ("id", self.id),
            ("lane", snapshot.lane_id),
            ("priority", str(snapshot.priority)),
            ("needs", ", ".join(snapshot.required_capabilities)),
            ("tags", ", ".join(f"{name}={value}" for name, value in snapshot.tags.items())),
            ("attempts", str(snapshot.total_attempt_count)),
            ("created", _utc(snapshot.created_at)),
            ("started", _utc(snapshot.started_at)),
            ("not before", _utc(snapshot.delay_until)),
            ("ended", _utc(snapshot.completed_at) + (f", after {took}" if took else "")),
            ("progress", f"{percent} {snapshot.progress_message}".strip()),
            ("reason", reason(snapshot) if has_ended(snapshot) else reason(snapshot).replace("_", " ")),
            ("worker", f"{lease.worker_instance_id}, lease until {_utc(lease.expires_at)}" if lease else ""),
        ]
        return [(name, value) for name, value in known if value]

    def _bodies(self) -> list[tuple[str, Any]]:
        bodies = [("payload", self.payload), ("result", self.result)]
        return [(name, value) for name, value in bodies if value is not None]


def _utc(millis: int | None) -> str:
    return f"{moment(millis)} UTC" if millis else ""
