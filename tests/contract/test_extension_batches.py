"""Batches as such: one call for a hundred, each with an answer of its own."""

from typing import Any, Final

import pytest
from conformance.clocked import Server
from conformance.replay import snapshot
from contract import extension_driver as ed
from contract.extension_driver import TAG, execution, key

from ff_core.contract import EXTENSION_FUNCTIONS, EXTENSION_LIBRARY, FUNCTIONS, LIBRARY
from ff_core.contract.extension import submit_batch
from ff_core.contract.model import Reply
from ff_core.errors import InvalidInput, ServerError
from ff_core.lua import assemble, build_digest

MANY: Final = 100

INSIDE: Final = {"submit": 5, "claim": 16, "complete": 13}
"""Commands inside a call, for each execution."""


def registered(server: Server) -> set[str]:
    [library] = server.function_list(EXTENSION_LIBRARY)
    functions = dict(zip(library[::2], library[1::2], strict=True))[b"functions"]
    return {dict(zip(entry[::2], entry[1::2], strict=True))[b"name"].decode() for entry in functions}


def test_the_server_registers_exactly_the_functions_of_the_extension(extended_server: Server):
    assert registered(extended_server) == EXTENSION_FUNCTIONS.keys() | {"ffx_ext_build"}
    assert not EXTENSION_FUNCTIONS.keys() & FUNCTIONS.keys()


def test_both_libraries_are_told_apart_by_their_digest(raw: Server):
    for library in (LIBRARY, EXTENSION_LIBRARY):
        raw.function_load(assemble(library=library), replace=True)
    digests = [raw.execute_command("FCALL", name, 0).decode() for name in ("ffx_build", "ffx_ext_build")]
    assert digests == [build_digest(assemble(library=library)) for library in (LIBRARY, EXTENSION_LIBRARY)]
    assert digests[0] != digests[1]


def test_a_hundred_of_each_are_one_call_each(shipped_pair: Server):
    calls: dict[str, Any] = {
        "submit": lambda: ed.create_all(shipped_pair, [ed.creation(number) for number in range(MANY)]),
        "claim": lambda: ed.claim_all(shipped_pair, MANY).candidates,
        "complete": lambda: ed.complete_all(shipped_pair, [ed.finish(number) for number in range(MANY)]),
    }
    spent: dict[str, int] = {}
    for name, make in calls.items():
        shipped_pair.config_resetstat()
        assert len(make()) == MANY
        counted = {command: entry["calls"] for command, entry in shipped_pair.info("commandstats").items()}
        assert counted.pop("cmdstat_fcall") == 1
        counted.pop("cmdstat_config|resetstat")
        spent[name] = sum(counted.values()) // MANY
    assert spent == INSIDE
    assert shipped_pair.zcard(key("lane_terminal")) == MANY


def test_work_of_one_batch_waits_in_the_order_of_its_ids(extended_server: Server):
    ed.create_all(extended_server, [ed.creation(number) for number in range(MANY)])
    order = [member.decode() for member in extended_server.zrange(key("lane_eligible"), 0, -1)]
    assert order == [execution(number) for number in range(MANY)]


def test_a_delay_that_is_over_already_is_none(extended_server: Server):
    """The function of the contract leaves the choice to the caller, who knows no better."""
    ed.create_all(extended_server, [ed.creation(1, delay_until="1000")])
    assert extended_server.zscore(key("lane_eligible"), execution(1)) is not None
    assert extended_server.exists(key("lane_delayed")) == 0


def test_a_damaged_execution_takes_nothing_from_the_others(extended_server: Server):
    ed.create_all(extended_server, [ed.creation(number) for number in range(3)])
    ed.claim_all(extended_server, 3)
    extended_server.delete(key("lease_history", 1))
    extended_server.set(key("lease_history", 1), "no stream")
    first, second, third = ed.complete_all(extended_server, [ed.finish(number) for number in range(3)])
    assert isinstance(first, Reply)
    assert isinstance(third, Reply)
    assert isinstance(second, ServerError)
    assert "WRONGTYPE" in str(second)


@pytest.mark.parametrize("make", [ed.create_all, ed.complete_all])
def test_an_execution_of_another_partition_is_refused(extended_server: Server, make: Any):
    stranger = "{fp:8}:0f000000-0000-4000-8000-000000000001"
    call = ed.creation(1) if make is ed.create_all else ed.finish(1)
    [answer] = make(extended_server, [call | {"execution_id": stranger}])
    assert isinstance(answer, InvalidInput)
    assert extended_server.dbsize() == 0


def test_a_call_that_is_not_whole_is_refused(extended_server: Server):
    words = submit_batch(TAG, [ed.creation(1), ed.creation(2)]).words
    reply = extended_server.execute_command(*words[:-1])
    assert reply == [0, b"invalid_input", b"the last call needs 14 arguments"]
    assert extended_server.dbsize() == 0


def test_more_calls_than_the_server_should_run_at_once_are_refused(extended_server: Server):
    with pytest.raises(InvalidInput, match="at most 1000 calls at a time, got: 1001"):
        ed.create_all(extended_server, [ed.creation(number) for number in range(1001)])
    assert extended_server.dbsize() == 0


def test_no_call_at_all_changes_nothing(extended_server: Server):
    before = snapshot(extended_server)
    assert ed.create_all(extended_server, []) == []
    assert ed.complete_all(extended_server, []) == []
    assert ed.claim_all(extended_server, 0).candidates == ()
    assert snapshot(extended_server) == before
