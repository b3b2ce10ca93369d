"""Points in time and durations."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ff_core.errors import InvalidInput
from ff_core.types import Duration, TimestampMs, duration_ms


@pytest.mark.parametrize(
    "value,millis",
    [
        (0, 0),
        (30, 30_000),
        (0.25, 250),
        (0.1 + 0.2, 300),
        ("250ms", 250),
        ("30s", 30_000),
        ("1.5s", 1_500),
        ("5m", 300_000),
        ("2 h", 7_200_000),
        (" 1d ", 86_400_000),
        (timedelta(minutes=5, microseconds=1), 300_000),
    ],
)
def test_a_duration_is_understood(value: Duration, millis: int):
    assert duration_ms(value) == millis


@pytest.mark.parametrize(
    "value,said",
    [
        (-1, "duration -1 is out of range"),
        (timedelta(seconds=-1), "out of range"),
        (math.nan, "duration nan is out of range"),
        (math.inf, "out of range"),
        (1e300, "out of range"),
        (True, "out of range"),
        ("400000d", "out of range"),
        ("30", "'30' is unclear; write it like \"250ms\""),
        ("", "unclear"),
        ("-5m", "unclear"),
        ("5 minutes", "unclear"),
        ("1h30m", "unclear"),
        ("٣s", "unclear"),
    ],
)
def test_a_duration_that_makes_no_sense_is_refused_in_one_line(value: Duration, said: str):
    with pytest.raises(InvalidInput) as refused:
        duration_ms(value)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@given(millis=st.integers(0, 10**13))
def test_a_timedelta_is_taken_exactly(millis: int):
    assert duration_ms(timedelta(milliseconds=millis)) == millis
    assert duration_ms(f"{millis}ms") == millis


@given(millis=st.integers(-(10**13), 10**14))
def test_a_timestamp_is_a_number_and_a_datetime(millis: int):
    moment = TimestampMs.from_millis(millis)
    assert moment == millis
    assert moment.to_datetime().tzinfo is UTC
    assert (moment.to_datetime() - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1) == millis


def test_now_is_now():
    before = datetime.now(UTC)
    now = TimestampMs.now().to_datetime()
    assert timedelta(0) <= now - before + timedelta(milliseconds=1) < timedelta(minutes=1)


def test_a_timestamp_is_a_field_of_a_pydantic_model():
    read = TypeAdapter(TimestampMs).validate_python(17)
    assert isinstance(read, TimestampMs)
    with pytest.raises(ValidationError):
        TypeAdapter(TimestampMs).validate_python("17")
