"""Cursors of the output stream, usage reports, and how members of a flow wait for each other."""

from typing import Any

import pytest
from conformance.golden import golden

from ff_core.errors import InvalidInput
from ff_core.types import (
    Admitted,
    AllUpstream,
    AlreadyApplied,
    AnyUpstream,
    EdgeDependencyPolicy,
    HardBreach,
    OnSatisfied,
    Quorum,
    Rejected,
    SoftBreach,
    StreamCursor,
    StreamFrames,
    TimestampMs,
    UsageDimensions,
    UsageOk,
    admission_of,
)


@pytest.mark.parametrize(
    "text,wire",
    [("start", "-"), ("end", "+"), ("0-0", "0-0"), ("17", "17"), (f"{2**64 - 1}-{2**64 - 1}", None)],
)
def test_a_place_in_a_stream_is_understood(text: str, wire: str | None):
    assert StreamCursor(text).to_wire() == (wire or text)


@pytest.mark.parametrize(
    "text,fault",
    [
        ("", "Empty"),
        ("-", "BareMarkerRejected"),
        ("+", "BareMarkerRejected"),
        *((text, "Malformed") for text in ("Start", "-1", "1-", "1-2-3", "1.2", " 1", "1\n", "٣", str(2**64))),
    ],
)
def test_another_text_is_no_place_in_a_stream(text: str, fault: str):
    with pytest.raises(InvalidInput, match="use start, end") as refused:
        StreamCursor(text)
    assert refused.value.fault == fault


def test_a_stream_is_closed_once_it_says_when():
    assert not StreamFrames(()).is_closed
    assert StreamFrames((), closed_at=TimestampMs(1), closed_reason="expired").is_closed


def test_a_report_that_the_library_would_misread_is_refused():
    with pytest.raises(InvalidInput, match=r"^too_many_dimensions: limit=64, got=65$"):
        UsageDimensions(custom={f"d{number}": 1 for number in range(65)})
    with pytest.raises(InvalidInput, match="usage of bytes is -1"):
        UsageDimensions(custom={"bytes": -1})
    with pytest.raises(InvalidInput, match="usage of wall_ms is -5"):
        UsageDimensions(wall_ms=-5)


def test_a_report_comes_to_a_decision():
    for counted in (UsageOk(), AlreadyApplied(), SoftBreach("tokens", 11, 10)):
        assert admission_of(counted) == Admitted()
    assert admission_of(HardBreach("tokens", 8, 10)) == Rejected("tokens is at 8, the limit is 10")


POLICIES: dict[str, EdgeDependencyPolicy] = {
    "all_of": AllUpstream(),
    "any_of cancel": AnyUpstream(OnSatisfied.CANCEL_REMAINING),
    "any_of let run": AnyUpstream(OnSatisfied.LET_RUN),
    "quorum 2": Quorum(2, OnSatisfied.LET_RUN),
}


@pytest.mark.parametrize("row", golden("policies")["edge_policy_json"], ids=lambda row: row["policy"])
def test_a_dependency_policy_has_its_document_form(row: dict[str, Any]):
    policy = POLICIES[row["policy"]]
    assert policy.to_json() == row["json"]
    assert policy.variant == row["variant"]


@pytest.mark.parametrize("k", [0, -1, 2**31])
def test_a_quorum_that_cannot_be_counted_is_refused(k: int):
    with pytest.raises(InvalidInput, match="quorum k must be >= 1"):
        Quorum(k, OnSatisfied.LET_RUN)
