"""Admission by rate and concurrency (contract 07 §3)."""

from typing import Any

import pytest
from conformance import clocked
from conformance.clocked import Server
from contract import driver
from contract.driver import call, key
from contract.usage_driver import admit


def execution(letter: str) -> str:
    return f"{{fp:7}}:0f000000-0000-4000-8000-00000000000{letter}"


def test_the_window_slides(clocked_server: Server):
    steps = [
        ("a", 1_000_000, ["ADMITTED"]),
        ("b", 1_010_000, ["ADMITTED"]),
        ("c", 1_020_000, ["RATE_EXCEEDED", "40000"]),
        ("a", 1_030_000, ["ALREADY_ADMITTED"]),
        ("c", 1_059_999, ["RATE_EXCEEDED", "1"]),
        ("c", 1_060_000, ["ADMITTED"]),
    ]
    for letter, now, reply in steps:
        assert admit(clocked_server, execution(letter), now_ms=str(now), concurrency_cap="0") == reply


def test_a_place_is_free_again_after_a_release(clocked_server: Server):
    call(clocked_server, "ff_create_quota_policy")
    rate = {"rate_limit": "0"}
    assert admit(clocked_server, execution("a"), **rate) == ["ADMITTED"]
    assert admit(clocked_server, execution("b"), **rate) == ["ADMITTED"]
    assert admit(clocked_server, execution("c"), **rate) == ["CONCURRENCY_EXCEEDED"]
    reply = call(clocked_server, "ff_release_admission", ids={"E": execution("a")}, execution_id=execution("a"))
    assert reply == [1, "OK", "released"]
    assert admit(clocked_server, execution("c"), **rate) == ["ADMITTED"]
    assert clocked_server.get(key("quota_concurrency")) == b"2"


def test_those_who_are_refused_at_one_moment_come_back_at_different_ones(clocked_server: Server):
    """The sandbox draws the same random number in every call."""
    assert admit(clocked_server, rate_limit="1") == ["ADMITTED"]
    waits = {int(admit(clocked_server, execution(letter), rate_limit="1", jitter_ms="5000")[1]) for letter in "abcdef"}
    assert len(waits) > 1
    assert all(60_000 <= wait <= 65_000 for wait in waits)


@pytest.mark.parametrize("jitter", ["0", "0.5", "-7", "x", ""])
def test_without_a_jitter_the_wait_is_exact(clocked_server: Server, jitter: str):
    admit(clocked_server, rate_limit="1")
    assert admit(clocked_server, execution("a"), rate_limit="1", jitter_ms=jitter) == ["RATE_EXCEEDED", "60000"]


@pytest.mark.parametrize("window,lifetime", [("0.0004", 1), ("0.5", 500), ("1e300", 2**53)])
def test_a_guard_lives_one_window_whatever_its_size(clocked_server: Server, window: str, lifetime: int):
    assert admit(clocked_server, window_seconds=window) == ["ADMITTED"]
    assert lifetime - 1_000 < clocked_server.pttl(key("quota_admitted")) <= lifetime


def test_after_its_guard_an_execution_is_judged_afresh(clocked_server: Server):
    assert admit(clocked_server) == ["ADMITTED"]
    assert admit(clocked_server) == ["ALREADY_ADMITTED"]
    clocked.advance(clocked_server, 60_001)
    later = str(int(driver.ARGS["now_ms"]) + 60_001)
    assert admit(clocked_server, now_ms=later) == ["ADMITTED"]


@pytest.mark.parametrize("name", ["window_seconds", "max_requests_per_window", "max_concurrent"])
def test_a_policy_of_what_is_no_number_is_refused(clocked_server: Server, name: str):
    given: dict[str, Any] = {name: "lots"}
    reply = call(clocked_server, "ff_create_quota_policy", **given)
    assert reply == [0, "invalid_input", f"{name} must be a number, got: lots"]
    assert clocked_server.dbsize() == 0
