"""What the package offers under its own name; adding to it is a decision, not an accident."""

import pytest

import ff_core as ff

NAMES = ["AsyncClient", "AsyncRun", "AsyncTask", "Client", "FlowFabricError", "Run", "Task", "connect"]


def test_the_public_names_are_these():
    assert sorted(ff.__all__) == NAMES
    assert all(getattr(ff, name).__doc__ for name in NAMES)


def test_another_name_is_refused_as_any_module_does():
    with pytest.raises(AttributeError, match="has no attribute 'submitt'"):
        getattr(ff, "submitt")  # noqa: B009
