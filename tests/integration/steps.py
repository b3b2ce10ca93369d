"""Steps that bring an execution where a test needs it. What the engine would do by itself is done here by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from conformance.clocked import Server
from conformance.replay import changes, snapshot

import ff_core as ff
from ff_core.contract import FUNCTIONS
from ff_core.types import ExecutionId, Suspended

END_OF_TIME: Final = 9_000_000_000_000


def taken(client: ff.Client, *lanes: str, **options: Any) -> ff.Task:
    """The task that a claim gives, when there has to be one."""
    task = client.claim(*lanes, **options)
    assert task
    return task


def work(client: ff.Client, payload: Any = None, **options: Any) -> ff.Task:
    """A task under its lease, submitted and claimed."""
    run = client.submit("job", payload, **options)
    return client.claim_id(run)


def suspended(client: ff.Client, task: ff.Task, *args: Any, **options: Any) -> Suspended:
    """The outcome of a suspension that has to wait."""
    outcome = client.suspend(task, *args, **options)
    assert isinstance(outcome, Suspended)
    return outcome


def events(client: ff.Client, task: ff.Task | ff.Run) -> list[str]:
    """What the lease history tells, in words."""
    return [event.event for event in client.history(task)]


def promote(server: Server, execution: ExecutionId, lane: str = "default") -> None:
    """Let a delay be over."""
    _call(server, "ff_promote_delayed", {"E": execution, "L": lane}, execution_id=execution, now_ms=END_OF_TIME)


def run_out(server: Server, execution: ExecutionId, waitpoint: str, lane: str = "default") -> str:
    """Apply the timeout of a suspension, which has to be due; what it came to."""
    ids = {"E": execution, "L": lane, "I": "0", "W": waitpoint}
    return _call(server, "ff_expire_suspension", ids, execution_id=execution)[2].decode()


def _call(server: Server, name: str, ids: dict[str, str], **args: Any) -> list[Any]:
    reply = server.execute_command(*FUNCTIONS[name].call(ids, args).words)
    assert reply[0] == 1
    return reply


def count(server: Server, pattern: str) -> int:
    """How many keys fit a pattern."""
    return len(list(server.scan_iter(pattern, count=1000)))


@contextmanager
def nothing_written(server: Server, *but: str) -> Iterator[None]:
    """The body changes no key, except those that hold one of the texts `but`."""
    before = snapshot(server)
    yield
    found = changes(before, snapshot(server))
    assert not [key for key in found if not any(text in key for text in but)]
