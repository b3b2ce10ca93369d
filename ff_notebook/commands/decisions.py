"""Deciding what waits for a decision."""

from __future__ import annotations

from ff_core.ops.decide import Decision
from ff_notebook.commands.target import Target, waiting
from ff_notebook.session import SESSION
from ff_notebook.text import ID_SHOWN
from ff_notebook.views.inbox import Inbox
from ff_notebook.views.view import Note
from ff_notebook.who import user


def inbox(*lanes: str) -> Inbox:
    """What waits for a decision on these lanes, or on all; soonest timeout first."""
    client = SESSION.client()
    return Inbox(client, lanes, client.pending_waitpoints(*lanes))


def approve(target: Target, *, comment: str = "") -> Note:
    """Approve what an execution or a waitpoint waits for. `value` is the decision.

    Raises ExecutionNotSuspended or TargetNotSignalable when somebody else has decided already.
    """
    client = SESSION.client()
    return _note("approved", client.approve(waiting(client, target), comment=comment, by=user()))


def reject(target: Target, *, comment: str = "") -> Note:
    """Reject what an execution or a waitpoint waits for. Raises as `approve` does."""
    client = SESSION.client()
    return _note("rejected", client.reject(waiting(client, target), comment=comment, by=user()))


def _note(done: str, decision: Decision) -> Note:
    goes_on = "it goes on" if decision.resumed else "it waits for more"
    return Note(f"{done} {decision.execution_id.uuid[:ID_SHOWN]}; {goes_on}", decision.execution_id, decision)
