"""Flows for tests: one member that waits for others, which are known by number."""

from collections.abc import Sequence
from typing import Any, Final

from conformance.clocked import Server
from contract import driver
from contract.driver import EXECUTION, call

FLOW: Final = driver.IDS["F"]
NOW: Final = driver.ARGS["now_ms"]


def upstream(number: int) -> str:
    """Ids of the members that are waited for."""
    return f"{{fp:7}}:0f000000-0000-4000-9000-0000000000{number:02d}"


def edge(number: int) -> str:
    """Ids of the edges from those members."""
    return f"ed9e0000-0000-4000-8000-0000000001{number:02d}"


def ids(number: int, **more: str) -> dict[str, str]:
    """Keys of edge `number`."""
    return {"U": upstream(number), "X": edge(number)} | more


def join(server: Server, execution: str) -> None:
    """Create an execution and make it a member."""
    if not server.exists(driver.key("exec_core", E=execution)):
        assert call(server, "ff_create_execution", ids={"E": execution}, execution_id=execution)[0] == 1
    reply = call(server, "ff_add_execution_to_flow", ids={"E": execution}, execution_id=execution)
    assert reply[0] == 1


def joined(server: Server) -> None:
    """A flow with one member, which nothing keeps from running."""
    assert call(server, "ff_create_flow") == [1, "OK", FLOW]
    join(server, EXECUTION)


def stage(server: Server, number: int, **args: Any) -> list[Any]:
    """Stage edge `number` on the newest revision."""
    revision = driver.fields(server, "flow_core", "graph_revision")[0]
    given = {
        "edge_id": edge(number),
        "upstream_execution_id": upstream(number),
        "expected_graph_revision": revision,
    }
    return call(server, "ff_stage_dependency_edge", ids=ids(number), **(given | args))


def apply(server: Server, number: int, **args: Any) -> list[Any]:
    """Have the member wait for edge `number`."""
    given = {"edge_id": edge(number), "upstream_execution_id": upstream(number)}
    return call(server, "ff_apply_dependency_to_child", ids=ids(number), **(given | args))


def resolve(server: Server, number: int, outcome: str = "success", **args: Any) -> list[Any]:
    """Tell the member how the other end of edge `number` has ended."""
    return call(
        server, "ff_resolve_dependency", ids=ids(number), edge_id=edge(number), upstream_outcome=outcome, **args
    )


def replay(server: Server, *numbers: int) -> list[Any]:
    """Run the member again, with these edges."""
    rest: Sequence[tuple[dict[str, str], list[str]]] = [(ids(number), [edge(number)]) for number in numbers]
    return call(server, "ff_replay_execution", rest=rest)


def connect(server: Server, *numbers: int, **args: Any) -> None:
    """Members that the one waits for, joined, staged and applied."""
    for number in numbers:
        join(server, upstream(number))
        assert stage(server, number)[:2] == [1, "OK"]
        assert apply(server, number, **args)[:2] == [1, "OK"]


def choose(server: Server, variant: str, on_satisfied: str = "let_run", k: int = 0) -> None:
    """Fix how the edges of the member combine."""
    reply = call(server, "ff_set_edge_group_policy", policy_variant=variant, on_satisfied=on_satisfied, k=str(k))
    assert reply == [1, "OK", "set"]


def waiting(server: Server) -> None:
    """A member that waits for all of two others."""
    joined(server)
    connect(server, 1, 2)


def counting(server: Server) -> None:
    """A member that waits for two of three others."""
    joined(server)
    choose(server, "quorum", k=2)
    connect(server, 1, 2, 3)


def ordered(server: Server) -> None:
    """A member that one of three others was enough for; the other two are to be cancelled."""
    joined(server)
    choose(server, "any_of", "cancel_remaining")
    connect(server, 1, 2, 3)
    end(server, 1)
    assert resolve(server, 1) == [1, "OK", "satisfied", ""]


def skipped(server: Server) -> None:
    """A member that was skipped, because one of two others has failed."""
    waiting(server)
    assert resolve(server, 1, "failed") == [1, "OK", "impossible", "child_skipped"]


def end(server: Server, number: int) -> None:
    """Cancel a member that is waited for."""
    reply = call(server, "ff_cancel_execution", ids={"E": upstream(number)}, execution_id=upstream(number))
    assert reply[0] == 1


def state(server: Server) -> list[str]:
    """Public state of the member, and the lane indexes that it is in."""
    places = [
        name
        for name in ("lane_eligible", "lane_blocked_dependencies", "lane_terminal")
        if server.zscore(driver.key(name), EXECUTION) is not None
    ]
    return [*driver.fields(server, "exec_core", "public_state"), *places]
