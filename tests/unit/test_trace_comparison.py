"""The comparison behind the trace tests must see what it is there to see."""

from typing import Any

import pytest
from conformance.replay import Entry, changes, differences

NOW = 1_795_000_000_000


@pytest.mark.parametrize(
    "want,got",
    [
        ("⟦ts+0⟧", str(NOW + 2_999)),
        ("until ⟦ts+1000⟧ (a)", f"until {NOW + 1000} (a)"),
        ("⟦score -5 ts+0⟧", NOW - 5e12),
        ("⟦token:k1⟧", "k1:" + "0f" * 20),
        ({"json": {"b": 1, "a": [2]}}, '{"a": [2], "b": 1}'),
        (7, 7.0),
        ([1, "OK"], [1, "OK"]),
    ],
)
def test_what_is_alike_is_let_through(want: Any, got: Any):
    assert list(differences(want, got, NOW, "x")) == []


@pytest.mark.parametrize(
    "want,got",
    [
        ("⟦ts+0⟧", str(NOW + 3_001)),
        ("⟦ts+0⟧", ""),
        ("⟦score -5 ts+0⟧", NOW - 4e12),
        ("⟦token:k1⟧", "k2:" + "0f" * 20),
        ({"json": {"a": 1}}, '{"a": 2}'),
        ("1", 1),
        (1, True),
        ([1, "OK"], [1, "OK", ""]),
        ({"a": "x"}, {}),
        ({}, {"a": "x"}),
    ],
)
def test_what_differs_is_told(want: Any, got: Any):
    assert list(differences(want, got, NOW, "x"))


def test_new_changed_and_vanished_keys_are_changes_and_a_lifetime_too():
    text = Entry("string", "a", has_lifetime=False, left_ms=None)
    limited = Entry("string", "a", has_lifetime=True, left_ms=500)
    shorter = Entry("string", "a", has_lifetime=True, left_ms=400)
    assert changes({"k": text}, {"k": text}) == {}
    assert changes({"k": limited}, {"k": shorter}) == {}
    assert changes({"k": text}, {"k": limited}) == {"k": limited}
    assert changes({"k": text}, {}) == {"k": None}
    assert changes({}, {"k": text}) == {"k": text}
