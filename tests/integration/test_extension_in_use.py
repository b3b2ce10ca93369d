"""What clients do with the extension library: it is there wherever they connect, and bulk submits go through it."""

import pytest
from conformance.clocked import Server
from integration.conftest import Connect
from integration.steps import taken
from integration.trips import counted_trips

import ff_core as ff
from ff_core.contract import EXTENSION_LIBRARY, LIBRARY
from ff_core.errors import ServerError
from ff_core.lua import assemble, build_digest
from ff_core.ops import submit

FOREIGN = """#!lua name=flowfabric
redis.register_function("ff_version", function() return "34" end)
"""


def digest_on(server: Server) -> str:
    return server.execute_command("FCALL", "ffx_ext_build", 0).decode()


DIGEST = build_digest(assemble(library=EXTENSION_LIBRARY))


def test_it_is_loaded_beside_a_foreign_library(raw: Server, url: str, connect: Connect):
    raw.function_flush()
    raw.function_load(FOREIGN)
    with connect(url):
        assert digest_on(raw) == DIGEST
    raw.function_flush()


def test_another_build_of_it_is_replaced(raw: Server, url: str, connect: Connect):
    raw.function_load(assemble({"clock": "return {}\n"}, EXTENSION_LIBRARY), replace=True)
    assert digest_on(raw) != DIGEST
    with connect(url):
        assert digest_on(raw) == DIGEST


def test_it_is_loaded_again_when_it_goes_missing(client: ff.Client, server: Server):
    server.function_delete(EXTENSION_LIBRARY)
    assert len(client.submit_many("job", range(3))) == 3
    assert digest_on(server) == DIGEST


def test_both_are_loaded_again_when_both_go_missing(client: ff.Client, server: Server):
    server.function_flush()
    assert len(client.submit_many("job", range(3))) == 3
    taken(client).complete()
    assert server.execute_command("FCALL", "ffx_build", 0).decode() == build_digest(assemble(library=LIBRARY))


def test_a_bulk_submit_takes_a_call_for_a_hundred(client: ff.Client):
    with counted_trips() as trips:
        client.submit_many("job", range(1_000))
    assert trips == [1, 10]


def test_bulk_work_is_done_in_the_order_in_which_it_was_given(client: ff.Client):
    client.submit_many("job", range(250))
    assert [task.payload for task in client.claim_many(250)] == list(range(250))


def test_a_call_carries_no_more_than_a_server_takes(client: ff.Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(submit, "BYTES_A_BATCH", 100)
    payloads = [b"x" * size for size in (40, 40, 40, 500, 10, 90, 1)]
    with counted_trips() as trips:
        client.submit_many("job", payloads)
    assert trips == [1, 5]  # 40+40, 40, 500, 10+90, 1
    assert [task.payload for task in client.claim_many(10)] == payloads


def test_delays_and_deadlines_of_a_bulk_submit_count_from_now(client: ff.Client, server: Server):
    runs = client.submit_many("job", range(3), delay="1h", deadline="2h")
    assert {run.describe().public_state for run in runs} == {"delayed"}
    tag = runs[0].id.tag
    [(_, due)] = server.zrange(f"ff:idx:{tag}:execution_deadline", 0, 0, withscores=True)
    assert abs(due - server.time()[0] * 1_000 - 7_200_000) < 60_000


def test_work_that_cannot_be_submitted_is_told_and_the_rest_stays(client: ff.Client, server: Server):
    tag = client.submit("job", key="k1").id.tag
    server.delete(f"ff:idem:{tag}:default:k1")
    server.hset(f"ff:idem:{tag}:default:k2", "no", "text")
    with pytest.raises(ServerError, match="WRONGTYPE"):
        client.submit_many("job", range(3), keys=["k1", "k2", "k3"])
    assert len(client.claim_many(10)) == 3


def test_nothing_is_nothing(client: ff.Client):
    assert client.submit_many("job", []) == []
