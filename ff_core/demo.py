"""``python -m ff_core.demo``: the main job from end to end, on an embedded server of its own and without a screen."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd

from ff_core.client import Client, Run, Task, connect
from ff_core.errors import BugError
from ff_core.home.server import stop
from ff_core.types import Suspended


def main() -> None:
    """Run the demo in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ff-demo-") as folder:
        home = Path(folder) / "home"
        try:
            with connect(home=home) as client:
                _say("An embedded Valkey server runs", str(client.driver.address))
                _story(client)
        finally:
            stop(home)


def _story(client: Client) -> None:
    runs = [client.submit("summarize", {"document": number}, priority=number) for number in (1, 2, 3)]
    _say("Submitted three executions", ", ".join(run.id.uuid[:8] for run in runs))

    task = _claimed(client)
    _say(f"Claimed {task.id.uuid[:8]}, which has the highest priority", f"payload {task.payload}")
    task.progress(40, "draft written")
    _say("Reported progress", "40 %, draft written")

    outcome = task.suspend(reason="waiting_for_approval", timeout="10m")
    if not isinstance(outcome, Suspended):
        raise BugError("a fresh waitpoint has been satisfied already")
    details = outcome.details
    _say("Suspended it on an approval; the lease is given back", f"token {details.waitpoint_token}")

    (waiting,) = client.pending_waitpoints()
    _say("One decision is pending", f"{waiting.kind} {waiting.execution_id.uuid[:8]}, {waiting.reason}")
    client.signal(
        task.id, details.waitpoint_id, "approve", {"comment": "well done"}, token=details.waitpoint_token, by="demo"
    )
    _say("Approved it with its token", "by demo")

    task = _claimed(client)
    (signal,) = task.signals()
    _say(f"Claimed {task.id.uuid[:8]} again; the same attempt goes on", f"resumed by {signal.signal_name!r}")
    task.complete({"summary": "all is well"})
    _say("Completed it", f"result {client.result(task.id)}")

    print()
    print(_table(client, runs).to_string(index=False))


def _claimed(client: Client) -> Task:
    task = client.claim(max_wait="5s")
    if task is None:
        raise BugError("nothing to claim although work was submitted")
    return task


def _say(step: str, what: str) -> None:
    print(f"  {step:<66}{what}")


def _table(client: Client, runs: list[Run]) -> pd.DataFrame:
    snapshots = [client.describe(run) for run in runs]
    return pd.DataFrame(
        {
            "execution": [snapshot.execution_id.uuid[:8] for snapshot in snapshots],
            "kind": [snapshot.execution_kind for snapshot in snapshots],
            "priority": [snapshot.priority for snapshot in snapshots],
            "state": [snapshot.public_state.value for snapshot in snapshots],
            "attempts": [snapshot.total_attempt_count for snapshot in snapshots],
            "progress": [snapshot.progress_message or "" for snapshot in snapshots],
        }
    )


if __name__ == "__main__":
    main()
