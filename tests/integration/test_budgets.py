"""Budgets: limits, breaches, reports that count once, spends that are given back."""

from collections.abc import Callable
from typing import Any

import pytest
from conformance import clocked
from conformance.clocked import Server
from integration.proxy import Proxy
from integration.steps import nothing_written

import ff_core as ff
from ff_core.errors import BudgetNotFound, InvalidInput
from ff_core.ops.budget import MAX_AMOUNT
from ff_core.types import AlreadyApplied, BudgetId, HardBreach, SoftBreach, UsageOk

NOBODY = "1f073a2a-2f67-4d5d-94bb-e92e7333c854"
DAY_MS = 86_400_000

Report = Callable[..., Any]


@pytest.fixture(params=["count_usage", "spend"])
def report(client: ff.Client, request: pytest.FixtureRequest) -> Report:
    """Both ways to report usage: without an execution, and as that of one."""
    if request.param == "count_usage":
        return client.count_usage
    run = client.submit("job")
    return lambda budget, amounts, **options: client.spend(budget, run, amounts, **options)


def usage(client: ff.Client, budget: str) -> dict[str, int]:
    return dict(client.describe_budget(budget).usage)


def test_a_new_budget_shows_its_limits_and_no_usage(client: ff.Client):
    status = client.describe_budget(client.create_budget(hard={"tokens": 100, "calls": 5}, soft={"tokens": 80}))
    assert (status.hard_limits, status.soft_limits) == ({"calls": 5, "tokens": 100}, {"tokens": 80})
    assert (status.usage, status.breach_count, status.soft_breach_count) == ({}, 0, 0)
    assert (status.last_breach_at, status.last_breach_dim, status.next_reset_at) == (None, None, None)
    assert status.created_at


def test_usage_up_to_the_limits_is_fine_and_above_them_is_not(client: ff.Client, report: Report):
    budget = client.create_budget(hard={"tokens": 100}, soft={"tokens": 80})
    assert report(budget, {"tokens": 80}) == UsageOk()
    assert report(budget, {"tokens": 1}) == SoftBreach("tokens", 81, 80)
    assert report(budget, {"tokens": 19}) == SoftBreach("tokens", 100, 80)
    assert report(budget, {"tokens": 1}) == HardBreach("tokens", 100, 100)
    status = client.describe_budget(budget)
    assert (status.usage, status.breach_count, status.soft_breach_count) == ({"tokens": 100}, 1, 2)
    assert status.last_breach_at
    assert status.last_breach_dim == "tokens"


def test_a_report_counts_as_a_whole_or_not_at_all(client: ff.Client, report: Report):
    budget = client.create_budget(hard={"tokens": 10})
    assert report(budget, {"calls": 1, "tokens": 11}) == HardBreach("tokens", 0, 10)
    assert usage(client, budget) == {}
    assert report(budget, {"calls": 1, "tokens": 10, "free": 0}) == UsageOk()
    assert usage(client, budget) == {"calls": 1, "free": 0, "tokens": 10}


def test_a_report_with_a_key_counts_once_a_day(client: ff.Client, clock: Server, report: Report):
    budget = client.create_budget(hard={"tokens": 100})
    assert report(budget, {"tokens": 30}, key="step-1") == UsageOk()
    clocked.advance(clock, DAY_MS - 60_000)
    assert report(budget, {"tokens": 30}, key="step-1") == AlreadyApplied()
    assert report(budget, {"tokens": 30}, key="step-2") == UsageOk()
    clocked.advance(clock, 60_000)
    assert report(budget, {"tokens": 30}, key="step-1") == UsageOk()
    assert usage(client, budget) == {"tokens": 90}


def test_a_refused_report_does_not_use_up_its_key(client: ff.Client, report: Report):
    budget = client.create_budget(hard={"tokens": 10})
    assert report(budget, {"tokens": 11}, key="k") == HardBreach("tokens", 0, 10)
    assert report(budget, {"tokens": 10}, key="k") == UsageOk()


def test_a_key_counts_for_each_budget(client: ff.Client, report: Report):
    budgets = [client.create_budget(hard={"tokens": 10}) for _ in range(6)]  # some share one of the 4 partitions
    assert [report(budget, {"tokens": 1}, key="step-1") for budget in budgets] == [UsageOk()] * 6


def test_reports_without_a_key_all_count_and_leave_little_behind(client: ff.Client, server: Server, report: Report):
    budget = client.create_budget(hard={"tokens": 10})
    for _ in range(3):
        assert report(budget, {"tokens": 1}) == UsageOk()
    assert usage(client, budget) == {"tokens": 3}
    assert all(0 < server.pttl(key) <= 120_000 for key in server.scan_iter("ff:usagededup:*"))


@pytest.mark.parametrize("key", ["", "k"])
def test_a_report_whose_reply_is_lost_counts_once(shaky: ff.Client, proxy: Proxy, key: str):
    budget, run = shaky.create_budget(hard={"tokens": 100}), shaky.submit("job")
    proxy.lose_reply += [b"ff_report_usage_and_check", b"ff_record_spend"]
    assert isinstance(shaky.count_usage(budget, {"tokens": 30}, key=key), UsageOk | AlreadyApplied)
    assert isinstance(shaky.spend(budget, run, {"tokens": 30}, key=key and "other"), UsageOk | AlreadyApplied)
    assert not proxy.lose_reply
    assert usage(shaky, budget) == {"tokens": 60}
    shaky.release_spend(budget, run)
    assert usage(shaky, budget) == {"tokens": 30}


def test_an_execution_gives_back_what_it_spent_and_no_more(client: ff.Client):
    budget = client.create_budget(hard={"tokens": 100})
    first, second = client.submit("job"), client.submit("job")
    client.spend(budget, first, {"tokens": 30, "calls": 1})
    client.spend(budget, first, {"tokens": 5})
    client.spend(budget, second, {"tokens": 40})
    assert client.spend(budget, second, {"tokens": 26}) == HardBreach("tokens", 75, 100)
    assert [client.release_spend(budget, first) for _ in range(2)] == [True, False]
    assert usage(client, budget) == {"calls": 0, "tokens": 40}
    client.reset_budget(budget)
    client.count_usage(budget, {"tokens": 10})
    assert client.release_spend(budget, second)
    assert usage(client, budget) == {"calls": 0, "tokens": 0}  # never below 0


def test_a_reset_starts_a_new_period(client: ff.Client):
    lasting, hourly = client.create_budget(hard={"tokens": 10}), client.create_budget(hard={"t": 1}, reset_every="1h")
    created = client.describe_budget(hourly)
    assert created.next_reset_at == (created.created_at or 0) + 3_600_000
    client.count_usage(lasting, {"tokens": 10})
    client.count_usage(lasting, {"tokens": 1})
    assert client.reset_budget(lasting) is None
    status = client.describe_budget(lasting)
    assert (status.usage, status.last_breach_at, status.last_breach_dim) == ({"tokens": 0}, None, None)
    assert client.count_usage(lasting, {"tokens": 10}) == UsageOk()
    due = client.reset_budget(hourly)
    assert due
    assert due >= (created.next_reset_at or 0)
    assert client.describe_budget(hourly).next_reset_at == due


def test_large_amounts_are_exact(client: ff.Client, report: Report):
    budget = client.create_budget(hard={"cost": MAX_AMOUNT}, soft={"cost": 1})
    assert report(budget, {"cost": MAX_AMOUNT - 1}) == SoftBreach("cost", MAX_AMOUNT - 1, 1)
    assert report(budget, {"cost": 2}) == HardBreach("cost", MAX_AMOUNT - 1, MAX_AMOUNT)
    assert usage(client, budget) == {"cost": MAX_AMOUNT - 1}


def test_usage_without_a_hard_limit_can_grow_and_still_be_seen(client: ff.Client, report: Report):
    budget = client.create_budget(soft={"cost": 1})
    for _ in range(3):
        report(budget, {"cost": MAX_AMOUNT})
    assert usage(client, budget) == {"cost": 3 * MAX_AMOUNT}


@pytest.mark.parametrize(
    "amounts",
    [
        {},
        {"tokens": -1},
        {"tokens": 1.5},
        {"tokens": 1.0},
        {"tokens": True},
        {"tokens": "1"},
        {"tokens": None},
        {"tokens": MAX_AMOUNT + 1},
        {"tokens": 1, "calls": -1},
        {"": 1},
        {"breached_at": 1},
        {f"d{place}": 1 for place in range(65)},
    ],
    ids=str,
)
def test_usage_that_cannot_be_counted_is_refused(client: ff.Client, server: Server, report: Report, amounts: Any):
    budget = client.create_budget(hard={"tokens": 100})
    with nothing_written(server), pytest.raises(InvalidInput) as refusal:
        report(budget, amounts)
    assert "\n" not in str(refusal.value)


def test_an_unknown_budget_is_refused_and_no_key_is_written(client: ff.Client, server: Server, report: Report):
    with nothing_written(server):
        for call in (
            lambda: report(NOBODY, {"tokens": 1}),
            lambda: report(NOBODY, {"tokens": 1}, key="k"),
            lambda: client.describe_budget(NOBODY),
            lambda: client.reset_budget(NOBODY),
        ):
            with pytest.raises(BudgetNotFound, match="There is no such budget"):
                call()
        with pytest.raises(InvalidInput):
            report("no id", {"tokens": 1})


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"hard": {}, "soft": {}},
        {"hard": {"tokens": 0}},  # to the library no limit at all
        {"hard": {"tokens": -1}},
        {"hard": {"tokens": -1}, "soft": {"tokens": 5}},
        {"hard": {"tokens": 1.5}},
        {"hard": {"tokens": 1}, "soft": {"tokens": 0}},
        {"hard": {"": 1}},
        {"hard": {"tokens": 1}, "reset_every": "-1s"},
    ],
    ids=str,
)
def test_a_budget_whose_limits_are_none_is_refused(client: ff.Client, server: Server, limits: dict[str, Any]):
    with nothing_written(server), pytest.raises(InvalidInput) as refusal:
        client.create_budget(**limits)
    assert "\n" not in str(refusal.value)


def test_a_budget_is_created_once(shaky: ff.Client, proxy: Proxy, server: Server):
    proxy.lose_reply.append(b"ff_create_budget")
    budget = shaky.create_budget(hard={"tokens": 1})
    assert not proxy.lose_reply
    assert [BudgetId(key.decode().rsplit(":", 1)[1]) for key in server.scan_iter("ff:budget:*[0-9a-f]")] == [budget]
