"""Suspending: every condition, waitpoints that are opened early, timeouts, repeats, and what resumed the work."""

from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from integration.steps import count, events, nothing_written, run_out, suspended, taken, work

import ff_core as ff
from ff_core.errors import (
    ExecutionNotActive,
    ExecutionNotFound,
    ExecutionNotSuspended,
    InvalidInput,
    PendingWaitpointExpired,
    TargetNotSignalable,
    WaitpointClosed,
    WaitpointNotFound,
    WaitpointNotPending,
)
from ff_core.types import (
    AllOf,
    AlreadySatisfied,
    ByName,
    Composite,
    Count,
    CountKind,
    Fresh,
    OperatorOnly,
    PendingWaitpoint,
    SignalAccepted,
    Single,
    Suspended,
    SuspensionDetails,
    SuspensionReason,
    TimeoutOnly,
    UsePending,
    WaitpointId,
    WaitpointKey,
    WaitpointTicket,
    Wildcard,
)

NOBODY: Final = "{fp:1}:1f073a2a-2f67-4d5d-94bb-e92e7333c854"
NOWHERE: Final = "1f073a2a-2f67-4d5d-94bb-e92e7333c854"
NAMED: Final = Single("step", ByName("go"))


def tickets(details: SuspensionDetails) -> dict[str, WaitpointTicket]:
    """The waitpoints of a suspension by their keys."""
    first = WaitpointTicket(details.waitpoint_id, details.waitpoint_key, details.waitpoint_token)
    return {ticket.waitpoint_key: ticket for ticket in (first, *details.additional)}


def send(client: ff.Client, task: ff.Task, ticket: WaitpointTicket, name: str = "go", **options: Any) -> str:
    """The effect of a signal."""
    result = client.signal(task, ticket.waitpoint_id, name, token=ticket.waitpoint_token, **options)
    assert isinstance(result, SignalAccepted)
    return result.effect


def send_early(client: ff.Client, task: ff.Task, early: PendingWaitpoint, name: str = "go", **options: Any) -> str:
    ticket = WaitpointTicket(early.waitpoint_id, WaitpointKey(""), early.hmac_token.token)
    return send(client, task, ticket, name, **options)


def test_a_suspension_gives_the_lease_back_and_a_token_out(client: ff.Client):
    task = work(client)
    outcome = suspended(client, task)
    snapshot = client.describe(task)
    assert (snapshot.public_state, snapshot.blocking_reason) == ("suspended", "waiting_for_approval")
    assert (snapshot.current_lease, snapshot.current_waitpoint) == (None, outcome.details.waitpoint_id)
    assert outcome.details.waitpoint_token.kid == "k1"
    assert outcome.details.waitpoint_token.reveal() not in repr(outcome) + str(outcome)
    assert client.claim() is None


def test_without_a_condition_any_signal_resumes(client: ff.Client):
    task = work(client)
    [ticket] = tickets(suspended(client, task).details).values()
    assert send(client, task, ticket, "whatever") == "resume_condition_satisfied"
    again = taken(client)
    assert (again.id, again.resumed) == (task.id, True)


def test_a_named_signal_is_waited_for(client: ff.Client):
    task = work(client)
    details = suspended(client, task, NAMED).details
    ticket = tickets(details)["step"]
    assert send(client, task, ticket, "stop") == "no_op"
    assert send(client, task, ticket, "go") == "resume_condition_satisfied"


def test_a_condition_for_operators_is_met_by_no_signal(client: ff.Client):
    task = work(client)
    [ticket] = tickets(suspended(client, task, OperatorOnly()).details).values()
    assert send(client, task, ticket) == "no_op"
    assert client.resume(task) == "waiting"
    assert taken(client).resumed


def test_a_condition_of_time_needs_a_time(client: ff.Client, server: Server):
    task = work(client)
    with nothing_written(server), pytest.raises(InvalidInput, match="timeout_only_without_deadline"):
        task.suspend(TimeoutOnly())
    assert suspended(client, task, TimeoutOnly(), timeout="1h", on_timeout="auto_resume_with_timeout_signal")


def test_all_of_several_waitpoints(client: ff.Client):
    task = work(client)
    condition = Composite(AllOf((Single("legal", ByName("go")), Single("sales", Wildcard()))))
    found = tickets(suspended(client, task, condition).details)
    assert found.keys() == {"legal", "sales"}
    assert send(client, task, found["legal"], "stop") == "signal_ignored_matcher_failed"
    assert send(client, task, found["legal"]) == "appended_to_waitpoint"
    assert send(client, task, found["legal"]) == "appended_to_waitpoint_duplicate"
    assert send(client, task, found["sales"], "anything") == "resume_condition_satisfied"
    assert client.pending_waitpoints() == ()
    assert {signal.signal_name for signal in taken(client).signals()} == {"go", "anything"}


@pytest.mark.parametrize(
    "kind, senders",
    [
        (CountKind.DISTINCT_SIGNALS, [("a", "Ada"), ("a", "Ada")]),
        (CountKind.DISTINCT_SOURCES, [("a", "Ada"), ("b", "Bob")]),
        (CountKind.DISTINCT_WAITPOINTS, [("a", "Ada"), ("b", "Ada")]),
    ],
)
def test_two_of_several_waitpoints(client: ff.Client, kind: CountKind, senders: list[tuple[str, str]]):
    task = work(client)
    condition = Composite(Count(2, kind, ("a", "b", "c")))
    found = tickets(suspended(client, task, condition).details)
    effects = [send(client, task, found[place], by=who) for place, who in senders]
    assert effects == ["appended_to_waitpoint", "resume_condition_satisfied"]


@pytest.mark.parametrize(
    "kind, senders",
    [(CountKind.DISTINCT_SOURCES, ["a", "b"]), (CountKind.DISTINCT_WAITPOINTS, ["a", "a"])],
)
def test_the_same_twice_is_not_two(client: ff.Client, kind: CountKind, senders: list[str]):
    task = work(client)
    found = tickets(suspended(client, task, Composite(Count(2, kind, ("a", "b")))).details)
    effects = [send(client, task, found[place], by="Ada") for place in senders]
    assert effects == ["appended_to_waitpoint", "appended_to_waitpoint_duplicate"]


def test_conditions_inside_conditions(client: ff.Client):
    any_of = Composite(Count(1, CountKind.DISTINCT_WAITPOINTS, ("b", "c"), ByName("go")))
    task = work(client)
    found = tickets(suspended(client, task, Composite(AllOf((Single("a", Wildcard()), any_of)))).details)
    assert send(client, task, found["c"]) == "appended_to_waitpoint"
    assert send(client, task, found["a"]) == "resume_condition_satisfied"


@pytest.mark.parametrize(
    "condition, message",
    [
        (Single("a", ByName("")), "empty signal name"),
        (Single("a", ByName("__operator_only__")), "__operator_only__"),
        (Composite(AllOf(())), "allof_empty_members at path <root>"),
        (Composite(Count(3, CountKind.DISTINCT_WAITPOINTS, ("a", "b"))), "count_exceeds_waitpoint_set"),
        (Composite(Count(0, CountKind.DISTINCT_SIGNALS, ("a",))), "count_n_zero"),
    ],
    ids=str,
)
def test_conditions_that_can_never_be_met_are_refused(client: ff.Client, server: Server, condition: Any, message: str):
    task = work(client)
    with nothing_written(server), pytest.raises(InvalidInput, match=message):
        task.suspend(condition)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"reason": "waiting_for_aproval"}, "did you mean waiting_for_approval?"),
        ({"on_timeout": "fial"}, "there is no timeout behaviour 'fial'; did you mean fail?"),
        ({"timeout": "later"}, "duration 'later' is unclear"),
        ({"waitpoints": [Fresh(WaitpointId.new(), WaitpointKey("other"))]}, "waitpoint_key_mismatch"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    client: ff.Client, server: Server, options: dict[str, Any], message: str
):
    task = work(client)
    with nothing_written(server), pytest.raises(InvalidInput) as caught:
        task.suspend(NAMED, **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("reason", [reason.value for reason in SuspensionReason])
def test_every_reason_is_shown_where_the_work_waits(client: ff.Client, reason: str):
    suspended(client, work(client), reason=reason)
    [waitpoint] = client.pending_waitpoints()
    assert waitpoint.reason == reason


@pytest.mark.parametrize(
    "behavior, state",
    [
        ("fail", "failed"),
        ("cancel", "cancelled"),
        ("expire", "expired"),
        ("auto_resume_with_timeout_signal", "waiting"),
        ("escalate", "suspended"),
    ],
)
def test_a_suspension_that_runs_out_does_what_it_was_told_to(
    client: ff.Client, clock: Server, behavior: str, state: str
):
    task = work(client)
    before = clocked.now(clock)
    details = suspended(client, task, timeout="1h", on_timeout=behavior).details
    [waitpoint] = client.pending_waitpoints()
    assert waitpoint.on_timeout == behavior
    assert before + 3_600_000 <= (waitpoint.timeout_at or 0) <= clocked.now(clock) + 3_600_000
    assert run_out(clock, task.id, details.waitpoint_id) == "not_yet_due"
    clocked.advance(clock, 3_600_000)
    run_out(clock, task.id, details.waitpoint_id)
    assert client.describe(task).public_state == state
    if state == "waiting":
        assert taken(client).signals() == ()


def test_the_same_key_gives_the_first_outcome(client: ff.Client, server: Server):
    task = work(client)
    first = suspended(client, task, NAMED, key="step-1", timeout="1h")
    with nothing_written(server):
        again = suspended(client, task, NAMED, key="step-1")
    assert again.details == first.details
    [dedup] = server.scan_iter("ff:dedup:suspend:*")
    assert 3_600_000 < server.pttl(dedup) <= 3_660_000


def test_without_a_key_a_second_suspension_is_refused(client: ff.Client, server: Server):
    task = work(client)
    suspended(client, task)
    with nothing_written(server), pytest.raises(ExecutionNotActive, match="suspended"):
        task.suspend()


def test_one_attempt_can_be_suspended_again_and_again(client: ff.Client):
    task = work(client)
    for number in range(3):
        suspended(client, task, Single(f"step{number}", Wildcard()))
        client.approve(task)
        task = taken(client)
    assert task.attempt_index == 0
    assert events(client, task) == ["acquired", *["released", "acquired"] * 3]


def test_the_token_of_an_earlier_suspension_does_not_resume_a_later_one(client: ff.Client, server: Server):
    task = work(client)
    [old] = tickets(suspended(client, task).details).values()
    client.resume(task)
    suspended(client, taken(client))
    with nothing_written(server), pytest.raises(WaitpointClosed):
        send(client, task, old)


def test_early_signals_are_kept_for_the_suspension(client: ff.Client):
    task = work(client)
    early = client.create_waitpoint(task, "step")
    assert send_early(client, task, early, "go", payload={"n": 1}) == "buffered_for_pending_waitpoint"
    outcome = task.suspend(NAMED, waitpoints=[UsePending(early.waitpoint_id)])
    assert isinstance(outcome, AlreadySatisfied)
    assert outcome.details.waitpoint_key == "step"
    assert client.describe(task).public_state == "active"
    task.renew()
    task.complete()


def test_what_came_early_can_be_read_by_the_worker_that_goes_on(client: ff.Client):
    task = work(client)
    early = task.create_waitpoint()
    send_early(client, task, early, "go", payload={"n": 1}, by="Ada")
    outcome = task.suspend(waitpoints=[UsePending(early.waitpoint_id)])
    assert isinstance(outcome, AlreadySatisfied)
    [signal] = task.signals(early=outcome.details.waitpoint_id)
    assert (signal.signal_name, signal.source_identity, signal.payload) == ("go", "Ada", b'{"n":1}')
    assert task.signals() == ()


def test_early_signals_that_do_not_suffice_still_count(client: ff.Client):
    task = work(client)
    early = task.create_waitpoint("step")
    send_early(client, task, early, "stop")
    outcome = task.suspend(NAMED, waitpoints=[UsePending(early.waitpoint_id)])
    assert isinstance(outcome, Suspended)
    assert outcome.details.waitpoint_token == early.hmac_token.token
    assert send_early(client, task, early, "go") == "resume_condition_satisfied"
    assert [signal.signal_name for signal in taken(client).signals()] == ["go"]


def test_an_early_waitpoint_runs_out(client: ff.Client, clock: Server):
    task = work(client)
    early = task.create_waitpoint(expires="10s")
    clocked.advance(clock, 10_000)
    with nothing_written(clock), pytest.raises(PendingWaitpointExpired):
        task.suspend(waitpoints=[UsePending(early.waitpoint_id)])


def test_only_a_pending_waitpoint_of_this_work_can_be_used(client: ff.Client, server: Server):
    task, other = work(client), work(client)
    closed, foreign = task.create_waitpoint(), other.create_waitpoint()
    client.close_waitpoint(task, closed.waitpoint_id)
    with nothing_written(server):
        with pytest.raises(WaitpointNotPending):
            task.suspend(waitpoints=[UsePending(closed.waitpoint_id)])
        with pytest.raises(WaitpointNotFound):
            task.suspend(waitpoints=[UsePending(WaitpointId.new())])
        with pytest.raises(ff.FlowFabricError, match="belongs to another execution"):
            task.suspend(waitpoints=[UsePending(foreign.waitpoint_id)])


def test_a_closed_waitpoint_takes_no_signals(client: ff.Client, server: Server):
    task = work(client)
    early = task.create_waitpoint("step")
    client.close_waitpoint(task, early.waitpoint_id, "not needed")
    with nothing_written(server):
        client.close_waitpoint(task, early.waitpoint_id)
        with pytest.raises(TargetNotSignalable):
            send_early(client, task, early)
    with pytest.raises(WaitpointNotFound):
        client.close_waitpoint(task, NOWHERE)


def test_closing_the_waitpoint_leaves_the_work_suspended(client: ff.Client, server: Server):
    task = work(client)
    details = suspended(client, task).details
    client.close_waitpoint(task, details.waitpoint_id)
    with nothing_written(server), pytest.raises(WaitpointClosed):
        send(client, task, tickets(details)[details.waitpoint_key])
    assert client.pending_waitpoints() == ()
    assert client.resume(task) == "waiting"


def test_a_waitpoint_can_be_opened_only_under_a_lease(client: ff.Client, server: Server):
    task = work(client)
    task.complete()
    with nothing_written(server), pytest.raises(ExecutionNotActive):
        task.create_waitpoint()


def test_resuming_needs_a_suspension(client: ff.Client, server: Server):
    task = work(client)
    with nothing_written(server), pytest.raises(ExecutionNotSuspended):
        client.resume(task)
    with pytest.raises(ExecutionNotFound):
        client.resume(NOBODY)
    suspended(client, task)
    client.resume(task)
    with nothing_written(server), pytest.raises(ExecutionNotSuspended):
        client.resume(task)


def test_signals_tell_what_resumed_the_work_and_only_that(client: ff.Client):
    task = work(client)
    assert task.signals() == ()
    ticket = tickets(suspended(client, task, NAMED).details)["step"]
    send(client, task, ticket, "noise")
    send(client, task, ticket, "go", payload=[1], by="Ada", category="callback")
    again = taken(client)
    [signal] = again.signals()
    assert (signal.signal_name, signal.source_identity, signal.signal_category) == ("go", "Ada", "callback")
    assert (signal.payload, signal.accepted_at > 0) == (b"[1]", True)
    suspended(client, again)
    client.resume(again)
    assert taken(client).signals() == ()


def test_an_attempt_does_not_see_the_signals_of_an_earlier_one(client: ff.Client):
    task = work(client)
    suspended(client, task)
    client.approve(task)
    again = taken(client)
    assert len(again.signals()) == 1
    client.revoke(again)
    assert client.reclaim(again).signals() == ()


def test_no_token_is_in_what_is_shown_and_none_is_kept_longer_than_needed(client: ff.Client, server: Server):
    task = work(client)
    outcome = suspended(client, task)
    token = outcome.details.waitpoint_token.reveal()
    shown = repr([outcome, client.pending_waitpoints(), client.describe(task), client.attempts(task), task])
    assert token not in shown
    assert count(server, "ff:dedup:suspend:*") == 1
    [dedup] = server.scan_iter("ff:dedup:suspend:*")
    assert 0 < server.pttl(dedup) <= 120_000
