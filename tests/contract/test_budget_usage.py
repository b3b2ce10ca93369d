"""Counting usage against limits (contract 07 §2)."""

from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from conformance.replay import snapshot
from contract import driver, usage_driver
from contract.driver import EXECUTION, call, fcall, fields, key
from contract.usage_driver import report, spend, usage

REPORTS: Final = {"ff_report_usage_and_check": report, "ff_record_spend": spend}

BUDGET: Final = ("budget_usage", "budget_limits", "budget")


def test_the_limits_work_as_the_contract_says(clocked_server: Server):
    usage_driver.defined(clocked_server)
    replies = [report(clocked_server, ("tokens", delta)) for delta in ("80", "1", "19", "1")]
    assert replies == [
        [1, "OK"],
        [1, "SOFT_BREACH", "tokens", "81", "80"],
        [1, "SOFT_BREACH", "tokens", "100", "80"],
        [1, "HARD_BREACH", "tokens", "100", "100"],
    ]
    assert usage(clocked_server) == {"tokens": 100}
    counted = ("soft_breach_count", "breach_count", "last_breach_dim", "last_breach_at")
    assert fields(clocked_server, "budget", *counted) == ["2", "1", "tokens", driver.ARGS["now_ms"]]


@pytest.mark.parametrize("name", REPORTS)
def test_a_dimension_that_is_listed_twice_is_judged_once_by_its_sum(clocked_server: Server, name: str):
    """Judged twice against the same usage, the sum passes the limit unseen."""
    usage_driver.defined(clocked_server)
    twice = [("tokens", "60"), ("cost", "1"), ("tokens", "50")]
    assert REPORTS[name](clocked_server, *twice) == [1, "HARD_BREACH", "tokens", "0", "100"]
    assert usage(clocked_server) == {}
    assert REPORTS[name](clocked_server, ("tokens", "40"), ("tokens", "45"))[1] == "SOFT_BREACH"
    assert usage(clocked_server) == {"tokens": 85}


@pytest.mark.parametrize(
    "amount,wanted",
    [
        ("", "a number"),
        ("many", "a number"),
        ("nan", "a number"),
        ("inf", "a number"),
        ("0.5", "a whole number"),
        ("1e17", "a whole number"),
    ],
)
@pytest.mark.parametrize("name", REPORTS)
def test_an_amount_that_is_none_is_refused_before_anything_counts(
    clocked_server: Server, name: str, amount: str, wanted: str
):
    usage_driver.spent(clocked_server)
    before = snapshot(clocked_server)
    reply = REPORTS[name](clocked_server, ("tokens", "1"), ("cost", amount))
    assert reply == [0, "invalid_input", f"delta must be {wanted}, got: {amount}"]
    assert snapshot(clocked_server) == before


@pytest.mark.parametrize(
    "words,message",
    [
        (["-1", "a", "1", "7"], "dim_count must be the number of rows, got: -1"),
        (["3", "a", "1", "7"], "dim_count must be the number of rows, got: 3"),
        (["0.5", "a", "1", "7"], "dim_count must be a whole number, got: 0.5"),
        (["1e9", "a", "1", "7"], "too_many_dimensions: limit=64, got=1000000000"),
        (["1", "a", "1"], "now_ms must be a number, got: nil"),
        (["1", "a", "1", "soon"], "now_ms must be a number, got: soon"),
        ([], "dim_count must be a number, got: nil"),
    ],
)
def test_a_list_that_is_not_as_long_as_it_says_is_refused(clocked_server: Server, words: list[str], message: str):
    usage_driver.defined(clocked_server)
    before = snapshot(clocked_server)
    reply = fcall(clocked_server, "ff_report_usage_and_check", 3, *map(key, BUDGET), *words)
    assert reply == [0, "invalid_input", message]
    assert snapshot(clocked_server) == before


def test_a_report_may_have_64_dimensions(clocked_server: Server):
    usage_driver.defined(clocked_server)
    rows = [(f"d{number}", "1") for number in range(65)]
    assert report(clocked_server, *rows)[:2] == [0, "invalid_input"]
    assert report(clocked_server, *rows[:64]) == [1, "OK"]
    assert len(usage(clocked_server)) == 64


def test_large_amounts_are_answered_to_the_digit(clocked_server: Server):
    """Lua's own form of them has 14 digits and an exponent."""
    limits = [("tokens", "9000000000000001", "2000000000000000")]
    call(clocked_server, "ff_create_budget", rows=limits)
    reply = report(clocked_server, ("tokens", "9000000000000001"))
    assert reply == [1, "SOFT_BREACH", "tokens", "9000000000000001", "2000000000000000"]
    assert report(clocked_server, ("tokens", "1"))[2:] == ["tokens", "9000000000000001", "9000000000000001"]


def test_a_report_counts_once_in_24_hours(clocked_server: Server):
    usage_driver.defined(clocked_server)
    dedup = {"dedup_key": key("usage_dedup")}
    assert report(clocked_server, ("tokens", "1"), **dedup) == [1, "OK"]
    assert spend(clocked_server, ("tokens", "1"), **dedup) == [1, "ALREADY_APPLIED"]
    clocked.advance(clocked_server, 86_400_001)
    assert report(clocked_server, ("tokens", "1"), **dedup) == [1, "OK"]
    assert usage(clocked_server) == {"tokens": 2}


@pytest.mark.parametrize("side", [1, 2])
def test_a_limit_that_is_no_number_is_refused_at_creation(clocked_server: Server, side: int):
    """Stored, it would be taken for no limit."""
    row = ["tokens", "100", "80"]
    row[side] = "lots"
    reply = call(clocked_server, "ff_create_budget", rows=[row])
    name = ("", "hard_limit", "soft_limit")[side]
    assert reply == [0, "invalid_input", f"{name} must be a number, got: lots"]
    assert clocked_server.exists(key("budget"), key("budget_limits")) == 0


def test_a_budget_is_stored_with_its_limits(clocked_server: Server):
    usage_driver.defined(clocked_server)
    limits: dict[bytes, Any] = clocked_server.hgetall(key("budget_limits"))
    assert limits == {b"hard:tokens": b"100", b"soft:tokens": b"80", b"hard:cost": b"50", b"soft:cost": b""}


def test_giving_back_leaves_what_others_have_spent(clocked_server: Server):
    usage_driver.spent(clocked_server)
    report(clocked_server, ("tokens", "7"))
    assert call(clocked_server, "ff_release_budget") == [1, "OK", "released"]
    assert usage(clocked_server) == {"tokens": 7, "cost": 0}
    assert clocked_server.exists(key("budget_by_exec"), key("budget_by_exec_index")) == 0
    assert call(clocked_server, "ff_release_budget") == [1, "OK", "noop"]


def test_an_execution_without_a_ledger_leaves_the_index_when_it_gives_back(clocked_server: Server):
    usage_driver.defined(clocked_server)
    assert spend(clocked_server) == [1, "OK"]
    assert clocked_server.sismember(key("budget_by_exec_index"), EXECUTION)
    assert call(clocked_server, "ff_release_budget") == [1, "OK", "noop"]
    assert clocked_server.exists(key("budget_by_exec_index")) == 0


def test_a_reset_is_repeated_an_interval_after_it(clocked_server: Server):
    call(clocked_server, "ff_create_budget", rows=usage_driver.LIMITS, reset_interval_ms="60000")
    report(clocked_server, ("tokens", "7"))
    now = int(driver.ARGS["now_ms"]) + 10**14
    assert call(clocked_server, "ff_reset_budget", now_ms=str(now)) == [1, "OK", str(now + 60_000)]
    assert usage(clocked_server) == {"tokens": 0}
    assert fields(clocked_server, "budget", "next_reset_at", "reset_count") == [str(now + 60_000), "1"]
    assert clocked_server.zscore(key("budget_resets"), driver.IDS["B"]) == now + 60_000
