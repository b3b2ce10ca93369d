"""A claimed task: what it is, and how its lease stands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from typing import Any, Final

from ff_core.client import Task
from ff_core.ops import payload
from ff_core.types import ResumeSignal
from ff_notebook.engine_room import Held, Phase
from ff_notebook.text import ID_SHOWN, LIMIT, columns, data, laid_out, moment, one_line
from ff_notebook.views.markup import Html, facts, heading, preformatted, short_id, state
from ff_notebook.views.view import View

LOST: Final = "lost: another worker may have the work, and what is done with it here will be refused"


class Claim(View):
    """A task in our hands, as it stands whenever it is shown. `task` is what the client answered."""

    def __init__(self, held: Held, signals: Sequence[ResumeSignal] = ()) -> None:
        self.held = held
        self.signals = signals
        """What resumed it, if it was suspended before."""

    @property
    def task(self) -> Task:
        """The task, for code that works on it."""
        return self.held.task

    @property
    def id(self) -> str:
        """The execution's id."""
        return self.task.id

    @property
    def kind(self) -> str:
        """What kind of work it is."""
        return self.task.kind

    @property
    def payload(self) -> Any:
        """What was submitted."""
        return self.task.payload

    @property
    def lost(self) -> bool:
        """Whether the lease has been lost."""
        return self.held.phase is Phase.LOST

    def widget(self) -> Any:
        """The card with the lease clock."""
        return self._card

    @cached_property
    def _card(self) -> Any:
        return import_module("ff_notebook.widgets.claim.widget").ClaimCard(self)

    def text(self) -> str:
        """A fact a line."""
        title = f"{one_line(self.kind)} {self.task.id.uuid[:ID_SHOWN]} {self.held.phase}"
        payload = [] if self.payload is None else [("payload", data(self.payload))]
        return f"{title}\n{columns([*self.facts(), *payload], LIMIT)}"

    def html(self) -> Html:
        """A card, as it stands now."""
        title = heading(self.kind, short_id(self.id, self.task.id.uuid[:ID_SHOWN]), state(self.held.phase))
        payload = [] if self.payload is None else [("payload", preformatted(laid_out(self.payload)))]
        return Html(title + facts([*self.facts(), *payload]))

    def facts(self) -> list[tuple[str, str]]:
        """What there is to say besides kind, id and payload."""
        task, held = self.task, self.held
        percent = "" if held.percent is None else f"{held.percent:g} %"
        known = [
            ("lane", task.lane),
            ("attempt", f"{task.attempt_index + 1}{', resumed' if task.resumed else ''}"),
            ("resumed by", "; ".join(self.said())),
            ("tags", ", ".join(f"{name}={value}" for name, value in task.tags.items())),
            ("progress", f"{percent} {held.text}".strip()),
            ("lease", self.standing()),
        ]
        return [(name, value) for name, value in known if value]

    def said(self) -> list[str]:
        """What those said who resumed it."""
        return [_said(signal) for signal in self.signals]

    def standing(self) -> str:
        """How the lease stands, in words."""
        match self.held.phase:
            case Phase.HELD:
                return f"held until {moment(self.held.expires_at)} UTC, renewed in the background"
            case Phase.LOST:
                return f"{LOST} ({self.held.note})"
            case Phase.ENDED:
                return f"given back: {self.held.note}"


def _said(signal: ResumeSignal) -> str:
    """What a signal says: its name, who sent it and the comment on it."""
    told = payload.decode(signal.payload)
    comment = told.get("comment", "") if isinstance(told, dict) else ""
    return f"{signal.signal_name} by {signal.source_identity or 'unknown'}{f': {comment}' if comment else ''}"
