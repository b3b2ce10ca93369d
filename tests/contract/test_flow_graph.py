"""Members, edges and the end of a flow (contract 05 §2)."""

import pytest
from conformance.clocked import Server
from conformance.replay import snapshot
from contract import driver, flow_driver
from contract.driver import EXECUTION, call, fields, key
from contract.flow_driver import FLOW, join, joined, stage, upstream

from ff_core import keys


def node(number: int) -> str:
    return f"{{fp:7}}:0f000000-0000-4000-8000-{number:012d}"


def chain(server: Server, length: int) -> None:
    """Nodes behind the member, one after the other: with it `length` of them."""
    with server.pipeline(transaction=False) as pipe:
        for number in range(1, length):
            edge = f"ed9e0000-0000-4000-9000-{number:012d}"
            pipe.sadd(key("flow_out", U=node(number)), edge)
            pipe.hset(key("flow_edge", X=edge), "downstream_execution_id", node(number + 1))
        pipe.execute()


@pytest.mark.parametrize("length,word", [(1000, "OK"), (1001, "cycle_detected")])
def test_the_search_for_cycles_sees_a_thousand_members(clocked_server: Server, length: int, word: str):
    joined(clocked_server)
    join(clocked_server, upstream(1))
    assert node(1) == EXECUTION
    chain(clocked_server, length)
    assert stage(clocked_server, 1)[1] == word


def test_a_cycle_is_refused_without_a_write(clocked_server: Server):
    joined(clocked_server)
    join(clocked_server, upstream(1))
    assert stage(clocked_server, 1)[:2] == [1, "OK"]
    before = snapshot(clocked_server)
    back = {"upstream_execution_id": EXECUTION, "downstream_execution_id": upstream(1)}
    ids = {"U": EXECUTION, "E": upstream(1)}
    reply = call(clocked_server, "ff_stage_dependency_edge", ids=ids, **back, expected_graph_revision="3")
    assert reply == [0, "cycle_detected"]
    assert snapshot(clocked_server) == before


def test_a_staged_edge_lies_where_the_catalogue_says(clocked_server: Server):
    joined(clocked_server)
    join(clocked_server, upstream(1))
    stage(clocked_server, 1)
    edge = flow_driver.edge(1).encode()
    assert clocked_server.smembers(keys.key("flow_out", T="{fp:7}", F=FLOW, U=upstream(1))) == [edge]
    assert clocked_server.smembers(keys.key("flow_in", T="{fp:7}", F=FLOW, E=EXECUTION)) == [edge]
    assert fields(clocked_server, "flow_edge", "created_at", X=flow_driver.edge(1)) == [flow_driver.NOW]


def test_an_execution_of_another_flow_is_not_taken(clocked_server: Server):
    joined(clocked_server)
    other = "f1000000-0000-4000-8000-000000000002"
    call(clocked_server, "ff_create_flow", ids={"F": other}, flow_id=other)
    reply = call(clocked_server, "ff_add_execution_to_flow", ids={"F": other}, flow_id=other)
    assert reply == [0, f"already_member_of_different_flow:{FLOW}"]
    assert clocked_server.exists(key("flow_members", F=other)) == 0


def test_a_flow_of_thousands_can_be_cancelled(clocked_server: Server):
    """More than Lua hands to one command."""
    joined(clocked_server)
    many = [node(number) for number in range(1, 20_001)]
    clocked_server.sadd(key("flow_members"), *many)
    reply = call(clocked_server, "ff_cancel_flow")
    assert reply[:3] == [1, "OK", "cancel_all"]
    assert sorted(reply[3:]) == many
    assert clocked_server.scard(key("flow_pending_cancels")) == 20_000


def test_the_last_settled_cancel_takes_the_flow_off_the_backlog(clocked_server: Server):
    joined(clocked_server)
    join(clocked_server, upstream(1))
    call(clocked_server, "ff_cancel_flow")
    for member, left in ((upstream(1), 1), (EXECUTION, 0)):
        assert call(clocked_server, "ff_ack_cancel_member", execution_id=member) == [1, "OK"]
        assert clocked_server.exists(key("cancel_backlog")) == left


def test_tags_in_the_record_of_an_old_flow_move_once(clocked_server: Server):
    joined(clocked_server)
    clocked_server.hset(key("flow_core"), mapping={"team.old": "a", "team.both": "b"})
    words = ("ff_set_flow_tags", 2, key("flow_core"), key("flow_tags"), "team.both", "new")
    assert driver.fcall(clocked_server, *words) == [1, "OK", "1"]
    assert clocked_server.hgetall(key("flow_tags")) == {b"team.old": b"a", b"team.both": b"new"}
    assert fields(clocked_server, "flow_core", "team.old", "team.both", "tags_migrated") == ["", "", "1"]
    clocked_server.hset(key("flow_core"), "team.late", "c")
    driver.fcall(clocked_server, *words)
    assert fields(clocked_server, "flow_core", "team.late") == ["c"]
