"""Every end of an execution is told in the stream of its partition, once, whoever brings it about."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from conformance.clocked import Server
from conformance.replay import replay
from contract import driver
from contract.driver import EXECUTION, call, key

from ff_core import keys

TRACES: Final = sorted((Path(__file__).parents[1] / "conformance" / "traces" / "e2e").glob("*.json"))


def entries(server: Server, stream: str | None = None) -> list[dict[str, str]]:
    return [
        {name.decode(): text.decode() for name, text in fields.items()}
        for _, fields in server.xrange(stream or key("completions"))
    ]


def suspended(server: Server, behavior: str) -> None:
    """One execution whose suspension has timed out."""
    driver.claimed(server)
    core = {"lifecycle_phase": "suspended", "current_suspension_id": "s"}
    server.hset(key("exec_core"), mapping=core)
    suspension = {"suspension_id": "s", "closed_at": "", "timeout_at": "1", "timeout_behavior": behavior}
    server.hset(key("suspension_current"), mapping=suspension | {"waitpoint_id": driver.IDS["W"]})


def downstream(server: Server) -> None:
    """One execution that waits for another."""
    driver.created(server)
    blocked = {"eligibility_state": "blocked_by_dependencies", "blocking_reason": "waiting_for_children"}
    server.hset(key("exec_core"), mapping=blocked)
    edge = "ed6e0000-0000-4000-8000-000000000001"
    server.hset(keys.key("dep_edge", E=EXECUTION, X=edge), mapping={"edge_id": edge, "state": "unsatisfied"})
    server.hset(keys.key("deps_meta", E=EXECUTION), mapping={"unsatisfied_required_count": "1"})


def skip(server: Server) -> Any:
    ids = {"X": "ed6e0000-0000-4000-8000-000000000001", "F": "f1000000-0000-4000-8000-000000000001", "U": EXECUTION}
    args = {"edge_id": ids["X"], "upstream_outcome": "failed"}
    return call(server, "ff_resolve_dependency", ids=ids, **args)


ENDS: Final[dict[str, tuple[Callable[[Server], Any], Callable[[Server], Any], str]]] = {
    "complete": (driver.claimed, lambda server: call(server, "ff_complete_execution"), "success"),
    "fail": (driver.claimed, lambda server: call(server, "ff_fail_execution"), "failed"),
    "cancel of waiting work": (driver.created, lambda server: call(server, "ff_cancel_execution"), "cancelled"),
    "cancel of running work": (
        driver.claimed,
        lambda server: call(server, "ff_cancel_execution", source="operator_override"),
        "cancelled",
    ),
    "cancel with the flow, of which no message tells": (
        driver.created,
        lambda server: call(server, "ff_cancel_execution", source="flow_cascade"),
        "cancelled",
    ),
    "expire of waiting work": (driver.created, lambda server: call(server, "ff_expire_execution"), "expired"),
    "expire of running work": (driver.claimed, lambda server: call(server, "ff_expire_execution"), "expired"),
    "a reclaim too many": (
        driver.lost,
        lambda server: call(server, "ff_reclaim_execution", default_max_reclaim_count="0"),
        "failed",
    ),
    **{
        f"a suspension that ends in {behavior}": (
            lambda server, behavior=behavior: suspended(server, behavior),
            lambda server: call(server, "ff_expire_suspension"),
            outcome,
        )
        for behavior, outcome in {"fail": "failed", "cancel": "cancelled", "expire": "expired"}.items()
    },
    "a dependency that failed": (downstream, skip, "skipped"),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_end_is_told_with_all_that_a_reader_asks_for(clocked_server: Server, end: str):
    prepare, act, outcome = ENDS[end]
    prepare(clocked_server)
    clocked_server.hset(key("exec_core"), "flow_id", "f1")
    assert entries(clocked_server) == []
    act(clocked_server)
    names = ("created_at", "started_at", "completed_at", "current_attempt_index")
    created, started, completed, index = driver.fields(clocked_server, "exec_core", *names)
    assert completed
    assert entries(clocked_server) == [
        {
            "place": "1",
            "execution_id": EXECUTION,
            "outcome": outcome,
            "lane_id": "default",
            "execution_kind": "job",
            "namespace": "ns1",
            "flow_id": "f1",
            "attempt_index": index,
            "created_at": created,
            "started_at": started,
            "completed_at": completed,
        }
    ]


@pytest.mark.parametrize(
    "name,args",
    [
        ("ff_fail_execution", {"retry_policy_json": '{"max_retries":1}'}),
        ("ff_delay_execution", {"delay_until": "1"}),
        ("ff_move_to_waiting_children", {}),
        ("ff_complete_execution", {"lease_id": driver.ATTEMPT}),
    ],
)
def test_what_is_no_end_is_not_told(clocked_server: Server, name: str, args: dict[str, Any]):
    driver.claimed(clocked_server)
    call(clocked_server, name, **args)
    assert entries(clocked_server) == []


def test_an_end_is_told_once_however_often_it_is_asked_for(clocked_server: Server):
    driver.completed(clocked_server)
    for name in ("ff_complete_execution", "ff_cancel_execution", "ff_expire_execution"):
        call(clocked_server, name)
    assert len(entries(clocked_server)) == 1


def ended(server: Server, count: int) -> None:
    """So many executions that an operator has cancelled."""
    with server.pipeline(transaction=False) as pipe:
        for number in range(count):
            ids = driver.IDS | {"E": f"{{fp:7}}:0f000000-0000-4000-8000-{number:012d}"}
            for name in ("ff_create_execution", "ff_cancel_execution"):
                function = driver.FUNCTIONS[name]
                values = {arg.name: driver.ARGS[arg.name] for arg in function.args if arg.name in driver.ARGS}
                pipe.execute_command(*function.call(ids, values | {"execution_id": ids["E"]}).words)
        pipe.execute()


def test_the_numbers_have_no_gap(clocked_server: Server):
    ended(clocked_server, 250)
    assert [int(entry["place"]) for entry in entries(clocked_server)] == list(range(1, 251))


def test_as_many_are_kept_as_is_configured(clocked_server: Server):
    clocked_server.hset(key("completions_meta"), "kept", "200")
    ended(clocked_server, 1_000)
    places = [int(entry["place"]) for entry in entries(clocked_server)]
    assert places == list(range(places[0], 1_001))
    assert 200 <= len(places) < 400


@pytest.mark.parametrize("kept", ["", "many"])
def test_ten_thousand_are_kept_where_nothing_is_configured(clocked_server: Server, kept: str):
    if kept:
        clocked_server.hset(key("completions_meta"), "kept", kept)
    ended(clocked_server, 10_400)
    assert 10_000 <= clocked_server.xlen(key("completions")) < 10_200


def test_each_partition_tells_its_own(clocked_server: Server):
    driver.completed(clocked_server)
    other = {"E": EXECUTION.replace("7", "8", 1)}
    call(clocked_server, "ff_create_execution", ids=other, execution_id=other["E"])
    call(clocked_server, "ff_cancel_execution", ids=other, execution_id=other["E"])
    [entry] = entries(clocked_server, keys.key("completions", T="{fp:8}"))
    assert (entry["place"], entry["execution_id"]) == ("1", other["E"])


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
def test_whatever_has_ended_in_a_recorded_life_was_told(clocked_server: Server, path: Path):
    """However it came about, and where one was replayed, as it ended last."""
    assert replay(clocked_server, path) == []
    told = {
        entry["execution_id"]: entry["outcome"]
        for stream in clocked_server.scan_iter("ffx:completions:*", count=1000, _type="stream")
        for entry in entries(clocked_server, stream.decode())
    }
    cores = [clocked_server.hgetall(core) for core in clocked_server.scan_iter("ff:exec:*:core", count=1000)]
    over = {core[b"execution_id"].decode(): core for core in cores if core[b"lifecycle_phase"] == b"terminal"}
    assert {execution: core[b"terminal_outcome"].decode() for execution, core in over.items()} == {
        execution: told.get(execution) for execution in over
    }
