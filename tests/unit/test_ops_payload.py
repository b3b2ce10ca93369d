"""Payloads and results: JSON there and back, bytes as they are, one line for what cannot be sent."""

import dataclasses
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from ff_core.errors import InvalidInput
from ff_core.ops.payload import decode, encode

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class Model(BaseModel):
    at: datetime


@dataclasses.dataclass
class Record:
    id: uuid.UUID


@given(JSON)
def test_json_comes_back_as_it_was(value: Any):
    assert decode(encode(value)) == value


@given(st.binary())
def test_bytes_are_sent_as_they_are(value: bytes):
    assert encode(value) == value


def test_nothing_is_nothing():
    assert encode(None) == b""
    assert decode(b"") is decode(None) is None


def test_bytes_that_are_no_json_come_back_as_they_were():
    assert decode(b"\xff\x00") == b"\xff\x00"
    assert decode(b"{") == b"{"


def test_models_dataclasses_and_dates_are_fine():
    number = uuid.UUID(int=7)
    assert decode(encode({"m": Model(at=datetime(2026, 1, 2, tzinfo=UTC)), "r": Record(number), "s": (1, 2)})) == {
        "m": {"at": "2026-01-02T00:00:00Z"},
        "r": {"id": str(number)},
        "s": [1, 2],
    }


def circle() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    "value",
    [object(), {"a": object()}, circle(), "\ud800", {"a": b"\xff"}, print],
    ids=["object", "inside", "circle", "surrogate", "bytes", "function"],
)
def test_what_json_cannot_hold_is_refused_in_one_line(value: Any):
    with pytest.raises(InvalidInput) as caught:
        encode(value)
    assert f"a {type(value).__name__} cannot be sent as JSON" in str(caught.value)
    assert str(caught.value).endswith("; pass JSON types or bytes")
    assert "\n" not in str(caught.value)
