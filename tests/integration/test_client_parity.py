"""Both clients offer the same: names, parameters, documentation, and what a notebook shows of them."""

import inspect
from typing import Any

import pytest

import ff_core as ff
from ff_core.client import aio, sync

PAIRS = [(ff.Client, ff.AsyncClient), (ff.Run, ff.AsyncRun), (ff.Task, ff.AsyncTask), (sync.Flow, aio.AsyncFlow)]
ONLY_ASYNC = {"connect"}
"""The other client's is `ff_core.connect`."""


def public(kind: type) -> dict[str, Any]:
    return {name: inspect.getattr_static(kind, name) for name in dir(kind) if not name.startswith("_")}


def shown(kind: type, name: str) -> str:
    """The parameters and their defaults as a notebook shows them."""
    parameters = inspect.signature(getattr(kind, name)).parameters.values()
    return str([(parameter.name, parameter.kind, parameter.default) for parameter in parameters])


@pytest.mark.parametrize("ours, theirs", PAIRS)
def test_both_have_the_same_names(ours: type, theirs: type):
    assert public(ours).keys() == public(theirs).keys() - ONLY_ASYNC


@pytest.mark.parametrize("ours, theirs", PAIRS)
def test_both_take_the_same_parameters_and_say_the_same(ours: type, theirs: type):
    for name, member in public(ours).items():
        if callable(member):
            assert shown(ours, name) == shown(theirs, name), name
        if callable(member) or isinstance(member, property):
            text, other = (inspect.getdoc(getattr(kind, name)) for kind in (ours, theirs))
            assert text
            assert other
            assert other.startswith(text.removesuffix(".")), name


@pytest.mark.parametrize("pair", PAIRS)
def test_a_method_is_shown_with_the_parameters_that_it_takes(pair: tuple[type, type]):
    """Whoever follows the signature in a notebook must not be told to pass what the object passes itself."""
    for kind in pair:
        for name, member in public(kind).items():
            if inspect.isfunction(member):
                first, *others = inspect.signature(member).parameters
                assert first == "self", f"{kind.__name__}.{name}"
                passed = {"_", "scope"} if kind in PAIRS[0] else {"_", "scope", "held", "target", "flow"}
                assert not passed & set(others), f"{kind.__name__}.{name}"
