"""What suspending, signalling and resuming cost inside: commands that one call sends to the server.

COST is the whole table; it has to be kept true in both directions. The time counts as a command too.
"""

from collections.abc import Callable
from typing import Any, Final

import pytest
from conformance.clocked import Server
from contract import driver
from contract import suspension_driver as sd
from contract.driver import call
from contract.suspension_driver import FIRST

SECOND: Final = sd.waitpoint(2)
BOTH: Final = sd.composite(sd.all_of(sd.single("A"), sd.single("B")))
NOT_INSIDE: Final = {"fcall", "config|resetstat", "info"}

Case = tuple[Callable[[Server], Any], Callable[[Server, Any], list[Any]]]


def token_of(server: Server) -> str:
    return sd.suspended(server)[FIRST]


def tokens_of_two(server: Server) -> dict[str, str]:
    return sd.suspended(server, BOTH, extras=[(SECOND, "B")])


def one_of_two_came(server: Server) -> dict[str, str]:
    tokens = tokens_of_two(server)
    sd.send(server, tokens[FIRST], number=1)
    return tokens


def buffered(server: Server) -> None:
    sd.working(server)
    sd.buffer(server, sd.pending(server), to=sd.waitpoint(1))


def resumed(server: Server) -> None:
    sd.suspended(server)
    sd.resume(server)
    call(server, "ff_issue_claim_grant")


def overdue(server: Server) -> None:
    sd.suspended(server, timeout_at="5")


COST: Final[dict[str, int]] = {
    "suspend": 18,
    "suspend with a timeout": 19,
    "suspend with an idempotency key": 21,
    "suspend on two waitpoints": 21,
    "suspend on a pending waitpoint": 19,
    "suspend that is satisfied already": 8,
    "deliver": 14,
    "deliver with an idempotency key": 16,
    "deliver the deciding signal": 20,
    "deliver to a tree": 16,
    "deliver the deciding signal to a tree": 25,
    "buffer": 8,
    "resume": 11,
    "expire": 17,
    "create a pending waitpoint": 7,
    "close a waitpoint": 4,
    "claim resumed": 12,
    "rotate": 4,
    "list kids": 2,
}

CASES: Final[dict[str, Case]] = {
    "suspend": (sd.working, lambda server, _: sd.suspend(server)),
    "suspend with a timeout": (sd.working, lambda server, _: sd.suspend(server, timeout_at="99999999999999")),
    "suspend with an idempotency key": (
        sd.working,
        lambda server, _: sd.suspend(
            server,
            idempotency_key="once",
            dedup_ttl_ms="60000",
            choose={"suspend_dedup": "suspend_dedup"},
        ),
    ),
    "suspend on two waitpoints": (
        sd.working,
        lambda server, _: sd.suspend(server, BOTH, extras=[(SECOND, "B")]),
    ),
    "suspend on a pending waitpoint": (
        lambda server: (sd.working(server), sd.pending(server)),
        lambda server, _: sd.suspend_on_pending(server),
    ),
    "suspend that is satisfied already": (buffered, lambda server, _: sd.suspend_on_pending(server)),
    "deliver": (token_of, lambda server, token: sd.send(server, token, "another")),
    "deliver with an idempotency key": (
        token_of,
        lambda server, token: sd.send(server, token, "another", idempotency_key="once", payload="{}"),
    ),
    "deliver the deciding signal": (token_of, sd.send),
    "deliver to a tree": (tokens_of_two, lambda server, tokens: sd.send(server, tokens[FIRST])),
    "deliver the deciding signal to a tree": (
        one_of_two_came,
        lambda server, tokens: sd.send(server, tokens[SECOND], to=SECOND),
    ),
    "buffer": (
        lambda server: (sd.working(server), sd.pending(server))[1],
        lambda server, token: sd.buffer(server, token, to=sd.waitpoint(1)),
    ),
    "resume": (sd.suspended, lambda server, _: sd.resume(server)),
    "expire": (overdue, lambda server, _: sd.expire(server)),
    "create a pending waitpoint": (sd.working, lambda server, _: [1, sd.pending(server)]),
    "close a waitpoint": (token_of, lambda server, _: sd.close(server, FIRST)),
    "claim resumed": (resumed, lambda server, _: call(server, "ff_claim_resumed_execution")),
    "rotate": (driver.created, lambda server, _: sd.rotate(server, "k1")),
    "list kids": (sd.with_keystore, lambda server, _: call(server, "ff_list_waitpoint_hmac_kids")),
}


def commands_of_last_call(server: Server) -> dict[str, int]:
    stats = server.info("commandstats")
    calls = {name.removeprefix("cmdstat_"): entry["calls"] for name, entry in stats.items()}
    return {name: number for name, number in calls.items() if name not in NOT_INSIDE}


@pytest.mark.parametrize("case", CASES)
def test_a_call_sends_as_many_commands_as_the_table_says(shipped_server: Server, case: str):
    prepare, act = CASES[case]
    prepared = prepare(shipped_server)
    shipped_server.config_resetstat()
    reply = act(shipped_server, prepared)
    commands = commands_of_last_call(shipped_server)
    assert (reply[0], sum(commands.values())) == (1, COST[case]), (reply, commands)


@pytest.mark.parametrize("extras", [1, 5])
def test_each_extra_waitpoint_costs_two_writes(shipped_server: Server, extras: int):
    sd.working(shipped_server)
    names = [(sd.waitpoint(number), f"k{number}") for number in range(extras)]
    shipped_server.config_resetstat()
    assert sd.suspend(shipped_server, sd.plain(), extras=names)[0] == 1
    commands = commands_of_last_call(shipped_server)
    assert sum(commands.values()) == COST["suspend"] + 2 * extras
