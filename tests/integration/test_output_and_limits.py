"""Output of an attempt, budgets and quotas."""

from typing import Any

import pytest
from conformance.clocked import Server
from integration.steps import nothing_written, taken

import ff_core as ff
from ff_core.errors import BudgetNotFound, InvalidInput, QuotaPolicyNotFound, StaleOwnerCannotAppend, StreamClosed
from ff_core.types import Admitted, AlreadyApplied, HardBreach, SoftBreach, Throttled, UsageOk

NOBODY = "1f073a2a-2f67-4d5d-94bb-e92e7333c854"


def texts(frames: Any) -> list[str]:
    return [frame.fields["payload"] for frame in frames]


def test_output_is_followed_to_its_end(other: ff.Client):
    run = other.submit("talk")
    task = taken(other)
    task.frame("one")
    task.frame({"two": 2}, "event")
    task.frame(b"three", "blob", keep="1m")
    page = other.frames(run, limit=2)
    assert texts(page.frames) == ["one", '{"two":2}']
    assert texts(other.frames(run, after=page.frames[-1].id).frames) == ["three"]
    assert not page.is_closed
    task.complete()
    assert texts(other.tail(run)) == ["one", '{"two":2}', "three"]
    assert other.frames(run).closed_reason == "attempt_success"


def test_following_work_that_says_nothing_ends_with_it(other: ff.Client):
    run = other.submit("silent")
    taken(other).complete()
    assert list(other.tail(run)) == []


def test_the_summary_is_what_all_patches_come_to(other: ff.Client):
    run = other.submit("sum")
    assert other.summary(run) is None
    task = taken(other)
    task.summarize({"done": 1, "now": "a"})
    assert task.summarize({"done": 2, "now": None}).summary_version == 2
    assert run.summary() == {"done": 2}


def test_output_that_does_not_fit_is_refused_and_nothing_is_written(other: ff.Client, server: Server):
    run = other.submit("talk")
    task = taken(other)
    with nothing_written(server):
        with pytest.raises(InvalidInput, match="65536"):
            task.frame("x" * 65_537)
        with pytest.raises(InvalidInput, match="JSON object"):
            task.summarize([1])  # pyright: ignore[reportArgumentType]
        with pytest.raises(InvalidInput, match="did you mean stdout"):
            task.frame("x", "stdoot")
        with pytest.raises(InvalidInput, match="cursor"):
            other.frames(run, after="yesterday")


def test_who_lost_the_lease_cannot_write(other: ff.Client):
    run = other.submit("talk")
    task = taken(other)
    other.revoke(run)
    with pytest.raises(StaleOwnerCannotAppend):
        task.frame("late")
    other.cancel(run)
    with pytest.raises(StreamClosed):
        task.frame("later")


def test_a_budget_counts_warns_and_stops(other: ff.Client):
    budget = other.create_budget(hard={"tokens": 100}, soft={"tokens": 80})
    assert other.count_usage(budget, {"tokens": 80}, key="first") == UsageOk()
    assert other.count_usage(budget, {"tokens": 80}, key="first") == AlreadyApplied()
    assert other.count_usage(budget, {"tokens": 10}) == SoftBreach("tokens", 90, 80)
    assert other.count_usage(budget, {"tokens": 11}) == HardBreach("tokens", 90, 100)
    status = other.describe_budget(budget)
    assert (status.usage, status.hard_limits, status.soft_limits) == ({"tokens": 90}, {"tokens": 100}, {"tokens": 80})
    other.reset_budget(budget)
    assert other.describe_budget(budget).usage == {"tokens": 0}


def test_what_an_execution_spent_is_given_back_once(other: ff.Client):
    budget, run = other.create_budget(hard={"tokens": 100}), other.submit("a")
    other.spend(budget, run, {"tokens": 30})
    assert (other.release_spend(budget, run), other.release_spend(budget, run)) == (True, False)
    assert other.describe_budget(budget).usage == {"tokens": 0}


def test_usage_that_cannot_be_counted_is_refused_and_leaves_no_stub(other: ff.Client, server: Server):
    budget = other.create_budget(hard={"tokens": 100})
    with nothing_written(server):
        for bad in ({"tokens": -1}, {"tokens": 1.5}, {"tokens": True}, {}):
            with pytest.raises(InvalidInput):
                other.count_usage(budget, bad)  # pyright: ignore[reportArgumentType]
        with pytest.raises(BudgetNotFound):
            other.count_usage(NOBODY, {"tokens": 1})
        with pytest.raises(BudgetNotFound):
            other.spend(NOBODY, f"{{fp:1}}:{NOBODY}", {"tokens": 1})
        with pytest.raises(BudgetNotFound):
            other.reset_budget(NOBODY)
        with pytest.raises(BudgetNotFound):
            other.describe_budget(NOBODY)
        with pytest.raises(InvalidInput, match="no limits"):
            other.create_budget()


def test_a_quota_admits_so_many_at_once_and_each_gives_back_once(other: ff.Client):
    quota = other.create_quota(max_concurrent=2)
    first, second, third = (other.submit("a") for _ in range(3))
    assert [other.admit(quota, run) for run in (first, second, first)] == [Admitted()] * 3
    assert other.admit(quota, third) == Throttled(0)
    assert (other.release_admission(quota, first), other.release_admission(quota, first)) == (True, False)
    assert other.admit(quota, third) == Admitted()
    assert isinstance(other.admit(quota, first), Throttled)


def test_a_quota_limits_the_rate(other: ff.Client):
    quota = other.create_quota(max_requests=1, window_seconds=60)
    assert other.admit(quota, other.submit("a")) == Admitted()
    refused = other.admit(quota, other.submit("a"))
    assert isinstance(refused, Throttled)
    assert 0 < refused.retry_after_ms <= 60_000


def test_a_quota_without_limits_is_refused(other: ff.Client, server: Server):
    with nothing_written(server), pytest.raises(InvalidInput, match="no limits"):
        other.create_quota()
    with pytest.raises(QuotaPolicyNotFound):
        other.describe_quota(NOBODY)
