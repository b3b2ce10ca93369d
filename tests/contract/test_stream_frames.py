"""Frames of an attempt: what is kept of them, and reading them (contract 06)."""

from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from conformance.replay import snapshot
from contract import driver, stream_driver
from contract.driver import call, fields, key
from contract.stream_driver import append

NUMBERS: Final = ("ema_rate_hz", "maxlen_applied_last")


@pytest.mark.parametrize(
    "ttl,alpha,stored,gap,expected",
    [
        ("5000", "0", "", 0, ["6.4", "64"]),
        ("5000", "0.2", "6.4", 1, ["205.12", "2052"]),
        ("5000", "0.2", "205.12", 100, ["166.096", "1661"]),
        ("0", "0", "", 0, ["32000", "64"]),
        ("60000", "1", "7", 1, ["1000", "16384"]),
        ("5000", "x", "6.4", 1, ["205.12", "2052"]),
        ("5000", "1.1", "6.4", 1, ["205.12", "2052"]),
    ],
)
def test_the_live_tail_follows_the_rate(
    clocked_server: Server, *, ttl: str, alpha: str, stored: str, gap: int, expected: list[str]
):
    driver.claimed(clocked_server)
    if stored:
        # The rate is that of the gap to the last frame; one that lies ahead counts as a gap of 1 ms.
        ahead = clocked.now(clocked_server) + (100_000 if gap == 1 else -gap)
        clocked_server.hset(
            key("stream_meta"),
            mapping={"stream_id": "s", "closed_at": "", "ema_rate_hz": stored, "last_append_ts_ms": ahead},
        )
    assert append(clocked_server, mode="best_effort", ttl_ms=ttl, ema_alpha=alpha)[:2] == [1, "OK"]
    got = fields(clocked_server, "stream_meta", *NUMBERS)
    if gap > 1:  # the call comes some ms later
        assert [float(number) for number in got] == pytest.approx([float(number) for number in expected], rel=0.05)
    else:
        assert got == expected


def test_a_floor_and_a_ceiling_below_nothing_are_the_usual_ones(clocked_server: Server):
    """As negative numbers they would abort the call at the trimming."""
    driver.claimed(clocked_server)
    reply = append(clocked_server, mode="best_effort", ttl_ms="5000", maxlen_floor="-7", maxlen_ceiling="-8")
    assert reply[:2] == [1, "OK"]
    assert fields(clocked_server, "stream_meta", "maxlen_applied_last") == ["64"]


@pytest.mark.parametrize("retention,kept", [("3", 3), ("2.5", 3), ("0", 6), ("-4", 6), ("", 6)])
def test_retention_keeps_whole_frames(clocked_server: Server, retention: str, kept: int):
    driver.claimed(clocked_server)
    for _ in range(6):
        assert append(clocked_server, retention_maxlen=retention)[:2] == [1, "OK"]
    assert clocked_server.xlen(key("stream")) == kept
    assert fields(clocked_server, "stream_meta", "frame_count", "total_bytes") == ["6", "30"]


def test_best_effort_frames_vanish_and_are_counted_on(clocked_server: Server):
    driver.claimed(clocked_server)
    append(clocked_server, mode="best_effort", ttl_ms="5000")
    assert 9_000 < clocked_server.pttl(key("stream")) <= 10_000
    clocked.advance(clocked_server, 10_001)
    assert clocked_server.exists(key("stream")) == 0
    assert append(clocked_server, mode="best_effort", ttl_ms="5000")[3] == "2"


def test_a_frame_that_stays_ends_the_lifetime_for_good(clocked_server: Server):
    stream_driver.live(clocked_server)
    assert clocked_server.pttl(key("stream")) == -1
    append(clocked_server, mode="best_effort", ttl_ms="5000")
    assert clocked_server.pttl(key("stream")) == -1


def test_the_fields_of_a_frame_come_in_the_order_of_the_contract(clocked_server: Server):
    driver.claimed(clocked_server)
    append(clocked_server, "{}", "summary", ts="7", correlation_id="c1")
    append(clocked_server, "x", "best_effort", ts="8", ttl_ms="5000", frame_type="token")
    [[_, _, entries, *_]] = [call(clocked_server, "ff_read_attempt_stream")]
    words = [[word.decode() for word in flat] for _, flat in entries]
    common = ["frame_type", "log", "ts", "7", "payload", "{}", "encoding", "utf8", "source", "worker"]
    assert words[0] == [*common, "mode", "summary", "correlation_id", "c1", "summary_version", "1"]
    assert words[1][::2] == ["frame_type", "ts", "payload", "encoding", "source", "mode", "ttl_ms"]


def test_a_lapsed_lease_is_refused_but_not_marked(clocked_server: Server):
    driver.lapsed(clocked_server)
    before = snapshot(clocked_server)
    assert append(clocked_server) == [0, "stale_owner_cannot_append"]
    assert snapshot(clocked_server) == before


@pytest.mark.parametrize("name", ["retention_maxlen", "max_payload_bytes", "ttl_ms"])
def test_a_number_that_is_none_is_refused_before_the_frame_is_stored(clocked_server: Server, name: str):
    driver.claimed(clocked_server)
    before = snapshot(clocked_server)
    reply = append(clocked_server, mode="best_effort", **{name: "many"})
    assert reply == [0, "invalid_input", f"{name} must be a number, got: many"]
    assert snapshot(clocked_server) == before


@pytest.mark.parametrize(
    "args",
    [
        {"from_id": "x"},
        {"to_id": "x"},
        {"from_id": ""},
        {"from_id": "(-"},
        {"to_id": "(0-0"},
        {"from_id": "(18446744073709551615-18446744073709551615"},
        {"to_id": "18446744073709551616"},
    ],
)
def test_a_place_that_is_none_is_refused_with_its_text(clocked_server: Server, args: dict[str, Any]):
    stream_driver.live(clocked_server)
    places = {"from_id": "-", "to_id": "+"} | args
    message = f"from_id and to_id must be ids of stream entries, got: {places['from_id']} {places['to_id']}"
    assert call(clocked_server, "ff_read_attempt_stream", **args) == [0, "invalid_input", message]


def test_a_part_of_a_frame_cannot_be_asked_for(clocked_server: Server):
    reply = call(clocked_server, "ff_read_attempt_stream", count_limit="1.5")
    assert reply == [0, "invalid_input", "count_limit must be a whole number"]


def test_a_reader_sees_the_close_and_why(clocked_server: Server):
    stream_driver.live(clocked_server)
    call(clocked_server, "ff_complete_execution")
    reply: list[Any] = call(clocked_server, "ff_read_attempt_stream", visibility="exclude_best_effort")
    assert len(reply[2]) == 1
    assert int(reply[3]) > 0
    assert reply[4] == "attempt_success"
