"""The library against the recorded behaviour of FlowFabric 0.15."""

from collections import Counter
from pathlib import Path

import pytest
from conformance.clocked import Server
from conformance.replay import replay

TRACES = Path(__file__).parents[1] / "conformance" / "traces"
ALL = sorted(TRACES.glob("*/*.json"))


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_library_does_what_was_recorded(clocked_server: Server, path: Path):
    assert replay(clocked_server, path) == []


def test_no_trace_drops_out_unnoticed():
    assert Counter(path.parent.name for path in ALL) == {
        "execution": 152,
        "suspension": 81,
        "flow": 46,
        "stream": 22,
        "budget": 24,
        "quota": 12,
        "random": 60,
        "e2e": 29,
    }
