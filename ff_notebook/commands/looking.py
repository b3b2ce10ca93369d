"""Looking at one execution, and waiting for it."""

from __future__ import annotations

import time
from typing import Any

from ff_core.errors import TimedOut
from ff_core.types import Duration, PublicState, duration_ms
from ff_notebook.commands.target import Target, execution
from ff_notebook.interrupt import SLICE, StoppedWaiting
from ff_notebook.session import SESSION
from ff_notebook.states import has_ended
from ff_notebook.text import ID_SHOWN, named
from ff_notebook.views.execution import Execution


def show(target: Target) -> Execution:
    """Everything about one execution, as it is now."""
    client = SESSION.client()
    execution_id = execution(client, target)
    snapshot = client.describe(execution_id)
    result = client.result(execution_id) if snapshot.public_state is PublicState.COMPLETED else None
    return Execution(snapshot, client.payload(execution_id), result)


def wait(target: Target, timeout: Duration = "10m") -> Execution:
    """Wait until an execution has ended. Raises TimedOut; the work goes on then, as it does after an interrupt."""
    client = SESSION.client()
    limit = duration_ms(timeout) / 1_000
    started = time.monotonic()
    execution_id = execution(client, target)
    snapshot = client.describe(execution_id)
    name = named(snapshot.execution_kind, execution_id.uuid)
    try:
        while not has_ended(snapshot):
            waited = time.monotonic() - started
            if waited >= limit:
                raise TimedOut(f"the end of {name}, which is {snapshot.public_state}", round(waited, 1))
            time.sleep(min(SLICE, limit - waited))
            snapshot = client.describe(execution_id)
    except KeyboardInterrupt:
        state = snapshot.public_state
        ends = f"%ff cancel {execution_id.uuid[:ID_SHOWN]} ends it"
        raise StoppedWaiting(f"stopped waiting; {name} goes on ({state}), {ends}") from None
    return show(execution_id)


def result(target: Target) -> Any:
    """What an execution was completed with, as it is. Raises NotCompleted."""
    client = SESSION.client()
    return client.result(execution(client, target))
