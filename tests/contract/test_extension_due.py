"""What is due on a partition, and when to look again."""

from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from conformance.replay import snapshot
from contract.driver import IDS
from contract.extension_driver import TAG, key, send

from ff_core.contract.extension import DUE
from ff_core.contract.model import Request

INDEXES: Final = (
    "lease_expiry",
    "attempt_timeout",
    "execution_deadline",
    "suspension_timeout",
    "pending_waitpoint_expiry",
)


def request(*lanes: str, limit: Any = 10) -> Request[Any]:
    return DUE.call(IDS | {"T": TAG}, {"limit": limit}, rest=[({"L": lane}, [lane]) for lane in lanes])


def due(server: Server, *lanes: str, limit: Any = 10) -> tuple[list[tuple[str, ...]], str]:
    """Entries (index, lane, member, score), and what will be due next."""
    reply = send(server, request(*lanes, limit=limit))
    assert abs(clocked.now(server) - reply.integer("now")) < 1_000
    parts = iter(reply.rest)
    return list(zip(parts, parts, parts, parts, strict=True)), reply.text("next_due")


def test_nothing_is_due_where_nothing_waits(extended_server: Server):
    assert due(extended_server, "default", "gpu") == ([], "")


def test_what_is_due_is_told_by_index_and_lane(extended_server: Server):
    for place, index in enumerate(INDEXES):
        extended_server.zadd(key(index), {f"m{place}": 1_000 + place})
    for lane in ("default", "gpu", "unasked"):
        extended_server.zadd(key("lane_delayed", L=lane), {f"of {lane}": 2_000})
    before = snapshot(extended_server)
    assert due(extended_server, "gpu", "default") == (
        [
            *((index, "", f"m{place}", str(1_000 + place)) for place, index in enumerate(INDEXES)),
            ("delayed", "gpu", "of gpu", "2000"),
            ("delayed", "default", "of default", "2000"),
        ],
        "",
    )
    assert snapshot(extended_server) == before


def test_what_is_not_due_yet_is_the_next_to_be(extended_server: Server):
    soon = clocked.now(extended_server) + 60_000
    extended_server.zadd(key("lease_expiry"), {"due": 5, "later": soon + 9})
    extended_server.zadd(key("lane_delayed"), {"next": soon, "after": soon + 1})
    assert due(extended_server, "default") == ([("lease_expiry", "", "due", "5")], str(soon))
    clocked.advance(extended_server, 60_001)
    entries, following = due(extended_server, "default")
    assert [member for _, _, member, _ in entries] == ["due", "next", "after"]
    assert following == str(soon + 9)


@pytest.mark.parametrize("sooner,later", [("lease_expiry", "lane_delayed"), ("lane_delayed", "lease_expiry")])
def test_the_next_to_be_due_is_the_first_of_all_indexes(extended_server: Server, sooner: str, later: str):
    soon = clocked.now(extended_server) + 60_000
    extended_server.zadd(key(sooner), {"a": soon})
    extended_server.zadd(key(later), {"b": soon + 1})
    assert due(extended_server, "default") == ([], str(soon))


def test_the_longest_due_come_first_and_the_rest_is_still_to_come(extended_server: Server):
    extended_server.zadd(key("attempt_timeout"), {f"m{place}": 100 - place for place in range(20)})
    entries, following = due(extended_server, limit=3)
    assert [member for _, _, member, _ in entries] == ["m19", "m18", "m17"]
    assert following == "84"


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5"])
def test_a_limit_that_makes_no_sense_is_refused(extended_server: Server, limit: str):
    reply = extended_server.execute_command(*request(limit=limit).words)
    assert reply[:2] == [0, b"invalid_input"]
