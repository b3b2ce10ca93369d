"""Which signals a stored condition can still use."""

import json
from typing import Any

import pytest

from ff_core.ops.condition import accepted_names
from ff_core.types import AllOf, ByName, Composite, Count, CountKind, OperatorOnly, ResumeCondition, Single, Wildcard


def plain(*names: str, taken: tuple[int, ...] = ()) -> dict[str, str]:
    stored = {"total_matchers": str(len(names))}
    for place, name in enumerate(names):
        stored[f"matcher:{place}:name"] = name
        stored[f"matcher:{place}:satisfied"] = "1" if place in taken else "0"
    return stored


def tree(condition: Any) -> dict[str, str]:
    document = condition.to_wire("fail")
    return {"composite": "1", "total_matchers": "0", "tree_json": json.dumps(document["tree"])}


@pytest.mark.parametrize(
    "stored, names",
    [
        ({}, ()),
        (plain("go"), ("go",)),
        (plain(""), ("",)),
        (plain("a", "b", "a"), ("a", "b")),
        (plain("a", "b", taken=(0,)), ("b",)),
        (plain("__operator_only__"), ()),
        (plain("__timeout_only__"), ()),
    ],
)
def test_a_plain_condition_waits_for_its_free_matchers(stored: dict[str, str], names: tuple[str, ...]):
    assert accepted_names(stored, "any") == names


INNER: ResumeCondition = Composite(Count(1, CountKind.DISTINCT_SIGNALS, ("a", "b"), ByName("stop")))
OUTER = Composite(AllOf((Single("a", ByName("go")), Single("c", Wildcard()), OperatorOnly(), INNER)))


@pytest.mark.parametrize(
    "key, names",
    [("a", ("go", "stop")), ("b", ("stop",)), ("c", ("",)), ("d", ())],
)
def test_a_tree_waits_for_what_names_the_waitpoint(key: str, names: tuple[str, ...]):
    assert accepted_names(tree(OUTER), key) == names


def test_a_count_without_a_matcher_takes_any_name():
    assert accepted_names(tree(Composite(Count(2, CountKind.DISTINCT_SOURCES, ("a",)))), "a") == ("",)
