"""Signals and decisions: who may decide what, once; and the list of what waits for a decision."""

import copy
import json
import pickle
from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from integration.steps import nothing_written, suspended, taken, work
from integration.trips import counted_trips

import ff_core as ff
from ff_core.errors import (
    ExecutionNotFound,
    ExecutionNotSuspended,
    InvalidInput,
    InvalidToken,
    MissingToken,
    TargetNotSignalable,
    WaitpointClosed,
    WaitpointNotFound,
)
from ff_core.types import (
    AllOf,
    ByName,
    Composite,
    OperatorOnly,
    SignalAccepted,
    SignalDuplicate,
    Single,
    SuspensionDetails,
    TimeoutOnly,
    WaitpointToken,
    Wildcard,
)

NOBODY: Final = "{fp:1}:1f073a2a-2f67-4d5d-94bb-e92e7333c854"
NOWHERE: Final = "1f073a2a-2f67-4d5d-94bb-e92e7333c854"
STAMP: Final = ":core"
"""A refused token leaves the time of the refusal on the execution (contract 04 §5), and nothing else."""


def waiting(client: ff.Client, *args: Any, **options: Any) -> tuple[ff.Task, SuspensionDetails]:
    task = work(client)
    return task, suspended(client, task, *args, **options).details


# Signals


def test_a_token_may_be_given_as_text(client: ff.Client):
    task, details = waiting(client)
    result = client.signal(task, details.waitpoint_id, "go", token=details.waitpoint_token.reveal())
    assert isinstance(result, SignalAccepted)
    assert taken(client).id == task.id


@pytest.mark.parametrize(
    "token, refusal",
    [
        ("", MissingToken),
        ("nonsense", InvalidToken),
        ("k1:" + "0" * 40, InvalidToken),
        ("k9:" + "0" * 40, InvalidToken),
    ],
)
def test_a_wrong_token_decides_nothing(client: ff.Client, server: Server, token: str, refusal: type[Exception]):
    task, details = waiting(client)
    with nothing_written(server, STAMP), pytest.raises(refusal) as caught:
        client.signal(task, details.waitpoint_id, "go", token=token)
    assert "0" * 40 not in str(caught.value)
    assert client.describe(task).public_state == "suspended"


def test_the_token_of_another_waitpoint_decides_nothing(client: ff.Client, server: Server):
    first, own = waiting(client)
    second, foreign = waiting(client)
    with nothing_written(server, STAMP):
        with pytest.raises(InvalidToken):
            client.signal(first, own.waitpoint_id, "go", token=foreign.waitpoint_token)
        with pytest.raises(InvalidToken):  # a good pair, but of the other execution
            client.signal(first, foreign.waitpoint_id, "go", token=foreign.waitpoint_token)
    assert {client.describe(task).public_state for task in (first, second)} == {"suspended"}


def test_a_waitpoint_that_does_not_exist_looks_like_a_wrong_token(client: ff.Client, server: Server):
    task, details = waiting(client)
    with nothing_written(server), pytest.raises(InvalidToken):
        client.signal(task, NOWHERE, "go", token=details.waitpoint_token)
    with pytest.raises(ExecutionNotFound):
        client.signal(NOBODY, details.waitpoint_id, "go", token=details.waitpoint_token)


def test_a_signal_that_comes_too_late_is_told_so(client: ff.Client, server: Server):
    task, details = waiting(client)

    def late() -> None:
        client.signal(task, details.waitpoint_id, "go", token=details.waitpoint_token)

    client.approve(task)
    with nothing_written(server), pytest.raises(TargetNotSignalable, match="it no longer waits there"):
        late()
    again = taken(client)
    suspended(client, again)
    with nothing_written(server), pytest.raises(WaitpointClosed, match="it was decided, cancelled"):
        late()
    client.cancel(task)
    with nothing_written(server), pytest.raises(TargetNotSignalable, match="it is over"):
        late()


def test_a_key_makes_the_repeat_of_a_signal_harmless(client: ff.Client):
    task, details = waiting(client, Single("step", ByName("go")))
    first, again = (
        client.signal(task, details.waitpoint_id, "noise", token=details.waitpoint_token, key="once") for _ in "12"
    )
    assert isinstance(first, SignalAccepted)
    assert again == SignalDuplicate(first.signal_id)
    [waitpoint] = client.pending_waitpoints()
    assert waitpoint.signal_count == 1


def test_without_a_key_two_signals_are_two(client: ff.Client):
    task, details = waiting(client, Single("step", ByName("go")))
    for _ in "12":
        client.signal(task, details.waitpoint_id, "noise", token=details.waitpoint_token)
    [waitpoint] = client.pending_waitpoints()
    assert waitpoint.signal_count == 2


@pytest.mark.parametrize(
    "name, payload, message",
    [
        ("", None, "the signal has no name; give one"),
        ("__operator_only__", None, "__operator_only__ is a reserved signal name; choose another"),
        ("__timeout_only__", None, "__timeout_only__ is a reserved signal name"),
        ("go", "x" * 65_535, "the signal's payload has 65537 bytes; send at most 65536, or a reference to the data"),
        ("go", object(), "a object cannot be sent as JSON"),
    ],
)
def test_signals_that_make_no_sense_are_refused(
    client: ff.Client, server: Server, name: str, payload: Any, message: str
):
    task, details = waiting(client)
    with nothing_written(server), pytest.raises(InvalidInput, match=message):
        client.signal(task, details.waitpoint_id, name, payload, token=details.waitpoint_token)


# Decisions


@pytest.mark.parametrize("verb", ["approve", "reject"])
@pytest.mark.parametrize("target", ["execution", "waitpoint", "task"])
def test_a_decision_resumes_the_work_and_says_which_it_was(client: ff.Client, verb: str, target: str):
    task, details = waiting(client)
    chosen = {"execution": str(task.id), "waitpoint": details.waitpoint_id, "task": task}[target]
    decision = getattr(client, verb)(chosen, comment="fine", by="Ada", payload={"limit": 3})
    assert (decision.execution_id, decision.waitpoint_id) == (task.id, details.waitpoint_id)
    assert (decision.signal_name, decision.resumed) == (verb, True)
    [signal] = taken(client).signals()
    assert signal.signal_id == decision.signal_id
    assert (signal.signal_name, signal.source_type, signal.source_identity) == (verb, "operator", "Ada")
    assert signal.signal_category == {"approve": "approval", "reject": "rejection"}[verb]
    told = {"decision": verb, "comment": "fine", "by": "Ada", "payload": {"limit": 3}}
    assert json.loads(signal.payload or b"") == told


def test_a_decision_with_nothing_to_add_says_only_what_it_is(client: ff.Client):
    task, _ = waiting(client)
    client.approve(task)
    [signal] = taken(client).signals()
    assert json.loads(signal.payload or b"") == {"decision": "approve"}


def test_an_approval_takes_the_name_that_is_waited_for(client: ff.Client):
    task, _ = waiting(client, Single("step", ByName("publish")))
    decision = client.approve(task)
    assert (decision.signal_name, decision.resumed) == ("publish", True)


def test_a_rejection_that_could_not_be_heard_is_refused(client: ff.Client, server: Server):
    task, _ = waiting(client, Single("step", ByName("publish")))
    with nothing_written(server), pytest.raises(InvalidInput) as caught:
        client.reject(task)
    assert str(caught.value) == (
        "this waitpoint takes only publish, so a rejection changes nothing; cancel the work instead"
    )


def test_a_rejection_that_is_waited_for_is_heard(client: ff.Client):
    task, _ = waiting(client, Single("step", ByName("reject")))
    assert client.reject(task).resumed


@pytest.mark.parametrize("verb", ["approve", "reject"])
@pytest.mark.parametrize("condition", [OperatorOnly(), TimeoutOnly()], ids=["operator", "timeout"])
def test_what_no_signal_can_resume_cannot_be_decided(client: ff.Client, server: Server, condition: Any, verb: str):
    """Whoever is told that the approval was accepted will not look again."""
    task, _ = waiting(client, condition, timeout="1h")
    with nothing_written(server), pytest.raises(InvalidInput, match="takes no signal; resume or cancel the work"):
        getattr(client, verb)(task)


def test_several_waitpoints_are_decided_one_by_one(client: ff.Client):
    _, details = waiting(client, Composite(AllOf((Single("legal", ByName("go")), Single("sales", Wildcard())))))
    first = client.approve(details.waitpoint_id)
    assert (first.signal_name, first.effect, first.resumed) == ("go", "appended_to_waitpoint", False)
    [second] = details.additional
    assert client.approve(second.waitpoint_id).resumed


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_what_is_decided_cannot_be_decided_again(client: ff.Client, server: Server, verb: str):
    task, details = waiting(client)
    client.approve(task)
    with nothing_written(server):
        with pytest.raises(ExecutionNotSuspended, match="was resumed before"):
            getattr(client, verb)(task)
        with pytest.raises(WaitpointClosed, match="it was decided"):
            getattr(client, verb)(details.waitpoint_id)
    suspended(client, taken(client))
    with nothing_written(server), pytest.raises(WaitpointClosed):
        getattr(client, verb)(details.waitpoint_id)


def test_work_that_does_not_wait_cannot_be_decided(client: ff.Client, server: Server):
    run = client.submit("job")
    with nothing_written(server):
        with pytest.raises(ExecutionNotSuspended):
            client.approve(run)
        with pytest.raises(ExecutionNotFound):
            client.approve(NOBODY)
        with pytest.raises(WaitpointNotFound):
            client.approve(NOWHERE)
        with pytest.raises(InvalidInput, match="'yes' is no WaitpointId"):
            client.approve("yes")


def test_a_decision_may_come_before_the_suspension(client: ff.Client):
    task = work(client)
    early = task.create_waitpoint("step")
    assert client.approve(early.waitpoint_id).effect == "buffered_for_pending_waitpoint"


# What waits


def test_the_list_shows_what_one_needs_to_decide_and_no_token(client: ff.Client, server: Server):
    run = client.submit("report", {"doc": 1}, lane="gpu")
    task = client.claim_id(run)
    before = clocked.now(server)
    condition = Single("step", ByName("publish"))
    details = suspended(client, task, condition, timeout="1h", reason="waiting_for_callback").details
    [shown] = client.pending_waitpoints()
    assert (shown.execution_id, shown.waitpoint_id, shown.waitpoint_key) == (run.id, details.waitpoint_id, "step")
    assert (shown.kind, shown.lane, shown.namespace, shown.flow_id) == ("report", "gpu", "default", "")
    assert (shown.reason, shown.requested_by, shown.on_timeout) == ("waiting_for_callback", "worker", "fail")
    assert (shown.signal_names, shown.signal_count, shown.payload_start) == (("publish",), 0, b'{"doc":1}')
    assert before <= shown.suspended_at <= clocked.now(server)
    assert details.waitpoint_token.reveal() not in repr(shown)


def test_the_list_begins_with_what_runs_out_first(client: ff.Client):
    """Whatever lane it is on."""
    order: list[tuple[str, str | None]] = [("a", None), ("b", "2h"), ("c", "1h"), ("a", "3h")]
    tasks = [work(client, lane=lane) for lane, _ in order]
    for task, (_, timeout) in zip(tasks, order, strict=True):
        suspended(client, task, timeout=timeout)
    found = client.pending_waitpoints()
    assert [waitpoint.execution_id for waitpoint in found] == [tasks[place].id for place in (2, 1, 3, 0)]
    assert found[3].timeout_at is None


def test_the_list_shows_every_waitpoint_of_the_namespace_that_is_open(client: ff.Client, url: str):
    with ff.connect(url, namespace="other") as elsewhere:
        waiting(elsewhere)
    task, details = waiting(client, Composite(AllOf((Single("legal", ByName("go")), Single("sales", Wildcard())))))
    shown = client.pending_waitpoints()
    assert {waitpoint.waitpoint_key: waitpoint.signal_names for waitpoint in shown} == {"legal": ("go",), "sales": ()}
    client.close_waitpoint(task, details.waitpoint_id)
    assert [waitpoint.waitpoint_key for waitpoint in client.pending_waitpoints()] == ["sales"]
    client.cancel(task)
    assert client.pending_waitpoints() == ()


def test_the_list_can_be_cut_to_some_lanes(client: ff.Client):
    for lane in ("gpu", "cpu", "default"):
        suspended(client, work(client, lane=lane))
    assert {waitpoint.lane for waitpoint in client.pending_waitpoints("gpu", "cpu")} == {"gpu", "cpu"}
    assert len(client.pending_waitpoints()) == 3


def test_the_list_takes_a_handful_of_round_trips(client: ff.Client):
    for _ in range(50):
        waiting(client)
    with counted_trips() as trips:
        assert len(client.pending_waitpoints()) == 50
    assert len(trips) <= 6


def test_a_token_survives_no_pickle_into_a_signal(client: ff.Client, server: Server):
    task, details = waiting(client)
    token: WaitpointToken = pickle.loads(pickle.dumps(copy.copy(details.waitpoint_token)))  # noqa: S301
    with nothing_written(server), pytest.raises(InvalidInput, match="was pickled without its credential"):
        client.signal(task, details.waitpoint_id, "go", token=token)
