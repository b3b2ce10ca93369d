"""The inbox as a widget: what a click does, and what the rows say afterwards."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import valkey
from notebook.conftest import Ff, everything_stored, suspended
from waiting import wait_until

from ff_core.client import Client
from ff_core.contract.suspension import EXPIRE_SUSPENSION
from ff_core.home.server import stop
from ff_core.types import ByName, Composite, Count, CountKind, Single, TimestampMs
from ff_notebook.widgets.inbox.rows import SHOWN
from ff_notebook.widgets.inbox.widget import InboxList


def inbox_of(client: Client) -> InboxList:
    return InboxList(client, (), client.pending_waitpoints())


def click(inbox: InboxList, op: str, waitpoint: str, comment: str = "") -> None:
    inbox._handle_custom_msg({"op": op, "id": waitpoint, "comment": comment}, [])  # noqa: SLF001


def states(inbox: InboxList) -> list[str]:
    return [row["state"] for row in inbox.rows]


def test_a_click_approves_with_comment_and_user(client: Client):
    waitpoint = suspended(client).details.waitpoint_id
    inbox = inbox_of(client)
    click(inbox, "approve", waitpoint, "fine")
    assert states(inbox) == ["approved"]
    task = client.claim()
    assert task
    (signal,) = task.signals()
    told = json.loads(signal.payload or b"")
    assert (signal.signal_name, told["comment"]) == ("approve", "fine")
    assert signal.source_identity == told["by"] != ""


def test_a_second_click_decides_nothing(client: Client):
    waitpoint = suspended(client).details.waitpoint_id
    inbox = inbox_of(client)
    click(inbox, "approve", waitpoint)
    click(inbox, "reject", waitpoint)
    assert states(inbox) == ["approved"]
    task = client.claim()
    assert task
    assert [signal.signal_name for signal in task.signals()] == ["approve"]


def test_a_row_that_was_decided_elsewhere_says_so(client: Client):
    waitpoint = suspended(client).details.waitpoint_id
    inbox = inbox_of(client)
    client.reject(waitpoint)
    click(inbox, "approve", waitpoint)
    assert states(inbox) == ["gone"]
    assert "elsewhere" in inbox.rows[0]["note"]


def test_news_bring_new_rows_and_take_old_ones_out_of_the_way(client: Client):
    first = suspended(client).details.waitpoint_id
    inbox = inbox_of(client)
    client.approve(first)
    suspended(client)
    inbox._handle_custom_msg({"op": "refresh"}, [])  # noqa: SLF001
    assert sorted(states(inbox)) == ["gone", "open"]


def test_a_row_that_ran_out_of_time_says_so(client: Client, raw: valkey.Valkey):
    details = suspended(client, on_timeout="fail", timeout="1ms").details
    inbox = inbox_of(client)
    (execution,) = [row.execution_id for row in client.pending_waitpoints()]
    wait_until(lambda: inbox.rows[0]["until"] < TimestampMs.now(), "the suspension is over time")
    ids = {"E": execution, "I": 0, "L": "default", "W": details.waitpoint_id}
    expire = EXPIRE_SUSPENSION.call(ids, {"execution_id": execution})
    raw.execute_command(*expire.words)
    click(inbox, "approve", details.waitpoint_id)
    assert states(inbox) == ["gone"]
    assert "now failed" in inbox.rows[0]["note"]


def test_two_people_who_click_at_once_decide_once(client: Client):
    waitpoint = suspended(client).details.waitpoint_id
    inboxes = [inbox_of(client) for _ in range(4)]
    with ThreadPoolExecutor() as people:
        list(people.map(lambda inbox: click(inbox, "approve", waitpoint), inboxes))
    assert sorted(state for inbox in inboxes for state in states(inbox)) == ["approved", "gone", "gone", "gone"]


def test_what_the_server_refuses_can_be_tried_again(client: Client):
    waitpoint = suspended(client, condition=Single("go", ByName("approve"))).details.waitpoint_id
    inbox = inbox_of(client)
    click(inbox, "reject", waitpoint)
    assert states(inbox) == ["open"]
    assert "takes only approve" in inbox.rows[0]["note"]
    click(inbox, "approve", waitpoint)
    assert states(inbox) == ["approved"]


def test_an_approval_that_is_not_enough_says_so(client: Client):
    condition = Composite(Count(2, CountKind.DISTINCT_WAITPOINTS, waitpoints=("ops", "legal")))
    suspended(client, condition=condition)
    inbox = inbox_of(client)
    first, second = (row["id"] for row in inbox.rows)
    click(inbox, "approve", first)
    click(inbox, "approve", second)
    assert states(inbox) == ["approved", "approved"]
    assert [row["note"] for row in inbox.rows] == ["It waits for more.", ""]


@pytest.mark.parametrize(
    "content",
    [
        {"op": "approve", "id": "00000000-0000-4000-8000-000000000000", "comment": ""},
        {"op": "cancel", "id": "{id}", "comment": ""},
        {"op": "approve", "id": "{id}"},
        {"op": "approve", "id": ["{id}"], "comment": ""},
        {"op": "approve", "id": "{id}", "comment": {"a": 1}},
        "approve",
        None,
    ],
)
def test_a_message_that_is_no_click_decides_nothing(client: Client, raw: valkey.Valkey, content: Any):
    waitpoint = suspended(client).details.waitpoint_id
    inbox = inbox_of(client)
    before = everything_stored(raw)
    inbox._handle_custom_msg(json.loads(json.dumps(content).replace("{id}", waitpoint)), [])  # noqa: SLF001
    assert states(inbox) == ["open"]
    assert everything_stored(raw) == before


def test_a_server_that_is_gone_is_said_above_the_rows_which_stay(ff: Ff, ff_home: Path):
    ff("connect")
    ff("submit a")
    ff("claim")
    ff("suspend")
    inbox = ff("inbox").widget()
    stop(ff_home)
    inbox._handle_custom_msg({"op": "refresh"}, [])  # noqa: SLF001
    assert inbox.fault.startswith("There is no connection to the server")
    click(inbox, "approve", inbox.rows[0]["id"])
    assert states(inbox) == ["open"]
    assert inbox.rows[0]["note"].startswith("There is no connection to the server")


def test_more_rows_than_anyone_reads_are_counted(client: Client):
    client.submit_many("deploy", range(SHOWN + 3))
    for task in client.claim_many(SHOWN + 3):
        task.suspend()
    inbox = inbox_of(client)
    assert (len(inbox.rows), inbox.hidden) == (SHOWN, 3)
