"""What cannot be meant is refused in one line by every call, and nothing is written."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from conformance.clocked import Server
from integration.steps import nothing_written

import ff_core as ff
from ff_core.errors import InvalidInput
from ff_core.types import Handle

TARGETED: Final[dict[str, Callable[[ff.Client, Any], Any]]] = {
    "describe": lambda client, target: client.describe(target),
    "payload": lambda client, target: client.payload(target),
    "result": lambda client, target: client.result(target),
    "wait": lambda client, target: client.wait(target, timeout=0),
    "history": lambda client, target: client.history(target),
    "attempts": lambda client, target: client.attempts(target),
    "cancel": lambda client, target: client.cancel(target),
    "change_priority": lambda client, target: client.change_priority(target, 1),
    "tag": lambda client, target: client.tag(target, {"team.name": "a"}),
    "revoke": lambda client, target: client.revoke(target),
    "resume": lambda client, target: client.resume(target),
    "claim_id": lambda client, target: client.claim_id(target),
    "reclaim": lambda client, target: client.reclaim(target),
    "approve": lambda client, target: client.approve(target),
    "reject": lambda client, target: client.reject(target),
    "close_waitpoint": lambda client, target: client.close_waitpoint(target, "1f073a2a-2f67-4d5d-94bb-e92e7333c854"),
    "signal": lambda client, target: client.signal(target, "1f073a2a-2f67-4d5d-94bb-e92e7333c854", "go", token="k1:x"),
}

HELD: Final[dict[str, Callable[[ff.Client, Any], Any]]] = {
    "renew": lambda client, held: client.renew(held),
    "progress": lambda client, held: client.progress(held, 1),
    "complete": lambda client, held: client.complete(held),
    "fail": lambda client, held: client.fail(held, "broken"),
    "delay": lambda client, held: client.delay(held, 1),
    "wait_children": lambda client, held: client.wait_children(held),
    "signals": lambda client, held: client.signals(held),
    "suspend": lambda client, held: client.suspend(held),
    "create_waitpoint": lambda client, held: client.create_waitpoint(held),
}


def refused(server: Server, call: Callable[[], Any]) -> str:
    """The line in which a call is refused."""
    with nothing_written(server), pytest.raises(InvalidInput) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("call", TARGETED)
def test_a_bad_execution_id_is_refused(client: ff.Client, server: Server, call: str):
    for text, message in {
        "{fp:x}:1f073a2a-2f67-4d5d-94bb-e92e7333c854": "has no partition index from 0 to 65535",
        "{fp:1}:1f073a2a": "has no UUID behind its tag; write it like {fp:7}:1f073a2a-2f67-4d5d-94bb-e92e7333c854",
        "{fp:1": "has no partition tag",
    }.items():
        assert message in refused(server, lambda text=text: TARGETED[call](client, text))


@pytest.mark.parametrize("call", TARGETED)
def test_what_is_no_execution_at_all_is_refused(client: ff.Client, server: Server, call: str):
    """Such as the None of a claim that found nothing."""
    for target in (client.claim(), 7, b"id"):
        text = refused(server, lambda target=target: TARGETED[call](client, target))
        assert text == f"{target!r} is no execution; give an id, a run or a task"


@pytest.mark.parametrize("call", HELD)
def test_what_is_no_task_is_refused(client: ff.Client, server: Server, call: str):
    for held in (client.claim(), client.submit("job").id):
        text = refused(server, lambda held=held: HELD[call](client, held))
        assert text == f"{held!r} is no task; claim one first"


def test_a_bad_waitpoint_id_is_refused(client: ff.Client, server: Server):
    run = client.submit("job")
    for call in (
        lambda: client.close_waitpoint(run, "nonsense"),
        lambda: client.signal(run, "nonsense", "go", token="k1:x"),
        lambda: client.approve("nonsense"),
    ):
        assert "'nonsense' is no WaitpointId; give a UUID such as" in refused(server, call)


def test_a_token_in_the_wrong_place_is_not_shown(client: ff.Client, server: Server):
    token = "k1:" + "ab" * 20
    for call in (
        lambda: client.approve(token),
        lambda: client.describe(token),
        lambda: client.signal(token, "nonsense", "go", token="k1:x"),
    ):
        assert "abab" not in refused(server, call)


def test_a_handle_that_is_not_ours_is_refused(client: ff.Client, server: Server):
    foreign = Handle.from_json({"backend": "Postgres", "kind": "Fresh", "opaque": [2, 1, 2]})
    torn = Handle.from_json({"backend": "Valkey", "kind": "Fresh", "opaque": [2, 1]})
    with nothing_written(server):
        with pytest.raises(ff.FlowFabricError, match="issued by another backend"):
            client.complete(foreign)
        with pytest.raises(ff.FlowFabricError, match="truncated handle"):
            client.complete(torn)
