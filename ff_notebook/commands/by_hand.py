"""Working on a claimed task from the cells of a notebook."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ff_core.client import Client, Task
from ff_core.types import Duration, RetryScheduled, Suspended, duration_ms
from ff_notebook.session import SESSION
from ff_notebook.text import moment, named, nearest, plain
from ff_notebook.views.claim import Claim
from ff_notebook.views.view import Note, Nothing


def claim(
    *lanes: str, needs: Iterable[str] = (), max_wait: Duration = 0, lease_ttl: Duration = "30s"
) -> Claim | Nothing:
    """Claim the best execution of these lanes (``default``), and keep its lease alive in the background.

    Waits up to `max_wait` for one. What is answered counts as false when there was none. Raises InvalidInput while a
    task is held.
    """
    client = SESSION.client()
    capabilities = tuple(needs)
    held = SESSION.claim(
        lambda: client.claim(*lanes, capabilities=capabilities, lease_ttl=lease_ttl), duration_ms(max_wait) / 1_000
    )
    if held is None:
        return Nothing(f"nothing to claim on {_lanes(client, lanes)}")
    return Claim(held, held.task.signals() if held.task.resumed else ())


def progress(percent: float, text: str = "") -> Note:
    """Say how far the claimed work has come."""
    held = SESSION.holding()
    held.task.progress(percent, text)
    held.report(percent, text)
    return Note(f"{percent:g} % {text}".rstrip(), held.task.id)


def complete(result: Any = None) -> Note:
    """Finish the claimed work with success."""
    held = SESSION.holding()
    held.task.complete(result)
    held.end("completed")
    return Note(f"completed {_name(held.task)}", held.task.id)


def fail(reason: str, *, category: str = "transient") -> Note:
    """Fail the attempt; it is tried again as often as its policy says, never after a ``permanent`` failure."""
    held = SESSION.holding()
    outcome = held.task.fail(reason, category)
    held.end("failed")
    then = f"tried again from {moment(outcome.delay_until)} UTC" if isinstance(outcome, RetryScheduled) else "for good"
    return Note(f"failed {_name(held.task)}, {then}", held.task.id, outcome)


def delay(duration: Duration) -> Note:
    """Pause the claimed work for a time and give the lease back."""
    held = SESSION.holding()
    until = held.task.delay(duration)
    held.end("delayed")
    return Note(f"delayed {_name(held.task)} until {moment(until)} UTC", held.task.id, until)


def suspend(*, timeout: Duration | None = None, on_timeout: str = "fail", reason: str = "waiting_for_approval") -> Note:
    """Suspend the claimed work until somebody decides. `value` is the outcome, which holds the token."""
    held = SESSION.holding()
    outcome = held.task.suspend(timeout=timeout, on_timeout=on_timeout, reason=reason)
    if not isinstance(outcome, Suspended):
        return Note(f"{_name(held.task)} need not wait, and you still hold it", held.task.id, outcome)
    held.end("suspended")
    limit = "" if timeout is None else f", {timeout} at most, then {plain(on_timeout)}"
    return Note(f"suspended {_name(held.task)} until somebody decides{limit}", held.task.id, outcome)


def _name(task: Task) -> str:
    return named(task.kind, task.id.uuid)


def _lanes(client: Client, lanes: tuple[str, ...]) -> str:
    """The lanes in words, with a hint at those that nobody has used yet."""
    known = client.lanes()
    shown = lanes or ("default",)
    hints = [f"no lane {lane} is known; {nearest(lane, known)}".rstrip("; ") for lane in shown if lane not in known]
    return "; ".join([", ".join(shown), *hints])
