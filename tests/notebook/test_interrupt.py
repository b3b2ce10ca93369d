"""The stop button while a cell waits."""

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest
import valkey
from IPython.core.interactiveshell import InteractiveShell
from notebook.conftest import Ff
from waiting import wait_until

from ff_core.client import Client, Task
from ff_notebook.interrupt import StoppedWaiting
from ff_notebook.session import SESSION


@pytest.fixture
def interrupted(cell: Callable[[str], str], raw: valkey.Valkey) -> Callable[[str], str]:
    """Runs a cell, and interrupts this process once the cell has gone on asking the server for a while."""

    def commands() -> int:
        stats: Any = raw.info("stats")
        return stats["total_commands_processed"]

    def press_stop(before: int) -> None:
        wait_until(lambda: commands() > before + 30, "the cell asks the server again and again")
        os.kill(os.getpid(), signal.SIGINT)

    def run(source: str) -> str:
        button = threading.Thread(target=press_stop, args=(commands(),))
        button.start()
        seen = cell(source)
        button.join()
        return seen

    return run


def test_a_wait_ends_at_once_and_says_what_goes_on(ff: Ff, interrupted: Callable[[str], str], shell: InteractiveShell):
    run = ff("submit summarize")
    short = run.id.rpartition(":")[2][:8]
    seen = interrupted(f"%ff wait {run.id}\nnext_line_ran = True")
    assert seen == (f"Interrupted: stopped waiting; summarize {short} goes on (waiting), %ff cancel {short} ends it")
    assert "next_line_ran" not in shell.user_ns
    assert str(ff(f"show {run.id}").state) == "waiting"


def test_a_cell_that_catches_its_errors_is_stopped_all_the_same(
    ff: Ff, interrupted: Callable[[str], str], shell: InteractiveShell
):
    run = ff("submit summarize")
    interrupted(f"try:\n    %ff wait {run.id}\nexcept Exception:\n    swallowed = True")
    assert "swallowed" not in shell.user_ns


def test_a_claim_that_waits_ends_at_once(ff: Ff, interrupted: Callable[[str], str], client: Client):
    assert interrupted("%ff claim --max-wait 10m") == "Interrupted: nothing was claimed"
    run = client.submit("a")
    assert ff("claim").id == run.id


def test_work_that_was_claimed_when_the_interrupt_came_is_held(ff: Ff, client: Client):
    run = client.submit("a")

    def claim_while_interrupted() -> Task | None:
        os.kill(os.getpid(), signal.SIGINT)
        return client.claim()

    with pytest.raises(StoppedWaiting, match="you hold it"):
        SESSION.claim(claim_while_interrupted, 0)
    assert "a" in repr(ff("complete"))
    assert client.describe(run).public_state == "completed"
