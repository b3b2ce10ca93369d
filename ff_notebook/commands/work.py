"""Submitting work, and calling it off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ff_core.types import Duration
from ff_notebook.commands.looking import wait as wait_for
from ff_notebook.commands.target import Target, execution
from ff_notebook.session import SESSION
from ff_notebook.text import ID_SHOWN, named
from ff_notebook.views.execution import Execution
from ff_notebook.views.view import Note
from ff_notebook.who import user


def submit(
    kind: str,
    payload: Any = None,
    *,
    lane: str = "default",
    priority: int = 0,
    tags: Mapping[str, Any] | None = None,
    key: str | None = None,
    delay: Duration | None = None,
    deadline: Duration | None = None,
    needs: Iterable[str] = (),
    retries: int | None = None,
    wait: bool = False,
) -> Note | Execution:
    """Submit one piece of work. `value` is the run; with `wait` it is waited for, ten minutes at most.

    `key` makes a repeat give the first execution. Raises InvalidInput before anything is sent, TimedOut after a wait.
    """
    run = SESSION.client().submit(
        kind,
        payload,
        lane=lane,
        priority=priority,
        tags=tags,
        key=key,
        delay=delay,
        deadline=deadline,
        capabilities=needs,
        retries=retries,
        creator=user(),
    )
    if wait:
        return wait_for(run)
    done = "submitted" if run.created else f"the key {key} was there before:"
    return Note(f"{done} {named(kind, run.id.uuid)} on lane {lane}", run.id, run)


def cancel(target: Target) -> Note:
    """Cancel an execution, whatever its state. Raises ExecutionNotActive when it has ended otherwise."""
    client = SESSION.client()
    execution_id = execution(client, target)
    client.cancel(execution_id, f"cancelled by {user()}")
    if SESSION.held and SESSION.held.task.id == execution_id:
        SESSION.held.end("cancelled")
    return Note(f"cancelled {execution_id.uuid[:ID_SHOWN]}", execution_id)
