"""Driving an op: trips, repeats, reconnects, and a library that has vanished."""

from typing import Any

import pytest
from unit.by_hand import Hand
from valkey.exceptions import NoPermissionError, ReadOnlyError, ResponseError

from ff_core.backend.drive import COMMANDS_A_TRIP, RECONNECT_PAUSES, Trip, drive
from ff_core.contract import CONTRACT_VERSION, EXTENSION_LIBRARY
from ff_core.contract.execution import UPDATE_PROGRESS
from ff_core.contract.model import Request
from ff_core.errors import (
    AccessDenied,
    ConnectionLost,
    ExecutionNotFound,
    FlowFabricError,
    NotConnected,
    ServerError,
    WrongLibrary,
)
from ff_core.lua.assemble import EXTENSION_BUILD_FUNCTION, assemble, build_digest
from ff_core.ops.op import Op, Pause, attempt_all, attempt_atomic, pause, send

GONE = NotConnected("nobody there")
LOST = ConnectionLost("broke")
MISSING = ResponseError("Function not found")


def get(name: str) -> Request[bytes]:
    return Request(("GET", name), lambda raw: raw)


def progress() -> Request[Any]:
    return UPDATE_PROGRESS.call({"E": "{fp:1}:1f073a2a-2f67-4d5d-94bb-e92e7333c854"}, {})


def trips(hand: Hand) -> list[Any]:
    """The commands of every trip; a pause as its seconds."""
    return [step.seconds if isinstance(step, Pause) else [words[0] for words in step.commands] for step in hand.steps]


def one(request: Request[Any]) -> Op[Any]:
    return (yield from send(request))


def test_one_request_is_one_trip():
    hand = Hand([[b"value"]])
    assert hand.run(drive(one(get("a")))) == b"value"
    assert hand.steps == [Trip([("GET", "a")])]


def test_a_batch_is_one_trip_with_errors_in_their_places():
    hand = Hand([[b"1", ResponseError("WRONGTYPE no"), b"3"]])
    first, second, third = hand.run(drive(attempt_all(map(get, "abc"))))
    assert (first, third) == (b"1", b"3")
    assert isinstance(second, ServerError)
    assert "WRONGTYPE no" in str(second)


def test_a_refusal_is_thrown_where_it_was_asked_for():
    with pytest.raises(ExecutionNotFound):
        Hand([[[0, b"execution_not_found"]]]).run(drive(one(progress())))


@pytest.mark.parametrize(
    "error, ours",
    [
        (NoPermissionError("this user has no permissions"), AccessDenied),
        (ReadOnlyError("You can't write against a read only replica."), ServerError),
        (ResponseError("OOM command not allowed"), ServerError),
    ],
)
def test_what_the_server_refuses_is_an_error_of_ours(error: Exception, ours: type[FlowFabricError]):
    with pytest.raises(ours) as caught:
        Hand([[error]]).run(drive(one(get("a"))))
    assert str(error).rstrip(".") in str(caught.value)


def test_more_than_fits_into_a_trip_takes_another():
    hand = Hand([list(range(COMMANDS_A_TRIP)), [7]])
    replies = hand.run(drive(attempt_all(get(str(place)) for place in range(COMMANDS_A_TRIP + 1))))
    assert replies == [*range(COMMANDS_A_TRIP), 7]
    assert [len(step.commands) for step in hand.steps] == [COMMANDS_A_TRIP, 1]


def test_a_server_that_is_not_there_is_tried_again_after_pauses():
    hand = Hand([GONE, 0.0, GONE, 0.0, [b"value"]])
    assert hand.run(drive(one(get("a")))) == b"value"
    assert trips(hand) == [["GET"], RECONNECT_PAUSES[0], ["GET"], RECONNECT_PAUSES[1], ["GET"]]


def test_a_server_that_stays_away_is_given_up_in_the_end():
    hand = Hand([GONE, *[0.0, GONE] * len(RECONNECT_PAUSES)])
    with pytest.raises(NotConnected):
        hand.run(drive(one(get("a"))))
    assert [step.seconds for step in hand.steps if isinstance(step, Pause)] == list(RECONNECT_PAUSES)


def test_a_lost_reply_is_asked_for_once_more():
    hand = Hand([LOST, [b"value"]])
    assert hand.run(drive(one(get("a")))) == b"value"
    assert trips(hand) == [["GET"], ["GET"]]


def test_a_reply_that_is_lost_twice_is_given_up():
    with pytest.raises(ConnectionLost):
        Hand([LOST, LOST]).run(drive(one(get("a"))))


def test_after_a_lost_reply_nobody_is_told_that_nothing_was_sent():
    with pytest.raises(ConnectionLost):
        Hand([LOST, GONE, *[0.0, GONE] * len(RECONNECT_PAUSES)]).run(drive(one(get("a"))))


def test_each_trip_has_its_own_patience():
    hand = Hand([LOST, [b"1"], LOST, [b"2"]])

    def two() -> Op[list[bytes]]:
        return [(yield from send(get("a"))), (yield from send(get("b")))]

    assert hand.run(drive(two())) == [b"1", b"2"]


def test_a_refused_password_is_not_tried_again():
    with pytest.raises(AccessDenied):
        Hand([AccessDenied("here")]).run(drive(one(get("a"))))


def test_an_op_may_go_on_after_a_fault():
    def careful() -> Op[bytes]:
        try:
            return (yield from send(get("a")))
        except ConnectionLost:
            return (yield from send(get("b")))

    assert Hand([LOST, LOST, [b"second"]]).run(drive(careful())) == b"second"


def test_a_pause_is_the_drivers():
    hand = Hand([12.5])

    def waiting() -> Op[float]:
        return (yield from pause(0.25))

    assert hand.run(drive(waiting())) == 12.5
    assert hand.steps == [Pause(0.25)]


def ours(missing: Any = MISSING) -> list[Any]:
    """What a server without any library says when it is looked for, and to loading both."""
    return [[missing, missing, missing], [b"flowfabric"], [b"flowfabric_ext"]]


@pytest.mark.parametrize("text", ["Function not found", "ERR Function not loaded", "no matching function"])
def test_a_library_that_is_gone_is_loaded_and_only_what_missed_it_is_sent_again(text: str):
    error = ResponseError(text)
    hand = Hand([[b"1", error, b"3", error], *ours(error), [[1, b"OK"], [0, b"execution_not_found"]]])
    first, second, third, fourth = hand.run(drive(attempt_all([get("a"), progress(), get("b"), progress()])))
    assert (first, second.status, third) == (b"1", "OK", b"3")
    assert isinstance(fourth, ExecutionNotFound)
    assert [len(step.commands) for step in hand.steps] == [4, 3, 1, 1, 2]
    loaded = [step.commands[0][:3] for step in hand.steps[2:4]]
    assert loaded == [("FUNCTION", "LOAD", "REPLACE")] * 2


def test_a_library_that_stays_away_is_told():
    hand = Hand([[MISSING], *ours(), [MISSING]])
    with pytest.raises(ServerError, match="Function not found"):
        hand.run(drive(one(progress())))


def test_a_library_of_another_contract_is_not_replaced_on_the_way():
    build = build_digest(assemble(library=EXTENSION_LIBRARY)).encode()
    hand = Hand([[MISSING], [MISSING, b"33", build]])
    with pytest.raises(WrongLibrary, match="version 33"):
        hand.run(drive(one(progress())))


def test_a_foreign_library_of_our_contract_is_left_alone_on_the_way():
    build = build_digest(assemble(library=EXTENSION_LIBRARY)).encode()
    hand = Hand([[MISSING], [MISSING, CONTRACT_VERSION.encode(), build], [MISSING]])
    with pytest.raises(ServerError):
        hand.run(drive(one(progress())))
    asked = [words[1] for words in hand.steps[1].commands]
    assert asked == ["ffx_build", "ff_version", EXTENSION_BUILD_FUNCTION]


def test_a_plain_command_does_not_load_anything():
    with pytest.raises(ServerError):
        Hand([[MISSING]]).run(drive(one(get("a"))))


def test_a_transaction_is_one_trip():
    hand = Hand([[b"OK", b"QUEUED", b"QUEUED", [b"1", ResponseError("WRONGTYPE no")]]])

    def atomic() -> Op[list[Any]]:
        return (yield from attempt_atomic(map(get, "ab")))

    first, second = hand.run(drive(atomic()))
    assert first == b"1"
    assert isinstance(second, ServerError)
    assert trips(hand) == [["MULTI", "GET", "GET", "EXEC"]]


def test_a_transaction_that_is_refused_is_one_error():
    def atomic() -> Op[list[Any]]:
        return (yield from attempt_atomic([get("a")]))

    with pytest.raises(ServerError, match="EXECABORT"):
        Hand([[b"OK", ResponseError("unknown"), ResponseError("EXECABORT discarded")]]).run(drive(atomic()))


def test_a_mistake_of_the_program_passes_through():
    def broken() -> Op[None]:
        yield from send(get("a"))
        raise KeyError("mistake")

    with pytest.raises(KeyError):
        Hand([[b"1"]]).run(drive(broken()))
