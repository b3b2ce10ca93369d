"""The claim card in the browser."""

from __future__ import annotations

import threading
from importlib.resources import files
from typing import Any

import anywidget
from traitlets import Dict

from ff_core.types import TimestampMs
from ff_notebook.text import ID_SHOWN, clean, laid_out, one_line
from ff_notebook.views.claim import Claim
from ff_notebook.widgets.routing import hear_clicks_in_busy_cells


class ClaimCard(anywidget.AnyWidget):
    """A claimed task as it stands; every renewal of its lease sets the clock in the browser anew."""

    _esm = (files("ff_notebook.widgets.claim") / "claim.js").read_text("utf-8")
    _css = (files("ff_notebook.widgets.claim") / "claim.css").read_text("utf-8")

    card = Dict().tag(sync=True)

    def __init__(self, claim: Claim) -> None:
        super().__init__()
        self._claim = claim
        self._telling = threading.Lock()
        self._tell()
        hear_clicks_in_busy_cells(self.comm)
        claim.held.watch(self._tell)

    def _tell(self) -> None:
        with self._telling:
            self.card = self._shown()

    def _shown(self) -> dict[str, Any]:
        task, held = self._claim.task, self._claim.held
        return {
            "kind": one_line(task.kind),
            "short": task.id.uuid[:ID_SHOWN],
            "execution": task.id,
            "lane": one_line(task.lane),
            "attempt": task.attempt_index + 1,
            "resumed": task.resumed,
            "tags": [one_line(f"{name}={value}") for name, value in task.tags.items()],
            "said": [clean(signal) for signal in self._claim.said()],
            "payload": clean(laid_out(task.payload)),
            "phase": held.phase.value,
            "note": one_line(held.note),
            "standing": clean(self._claim.standing()),
            "percent": held.percent,
            "text": one_line(held.text),
            "ttl": task.lease_ttl_ms,
            "expires": held.expires_at,
            "now": int(TimestampMs.now()),
        }
