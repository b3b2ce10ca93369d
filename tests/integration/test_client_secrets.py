"""The keys that sign waitpoint tokens: rotating them on every partition, and what becomes of tokens in flight."""

from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from integration.conftest import PARTITIONS
from integration.steps import nothing_written, suspended, work
from integration.trips import counted_trips

import ff_core as ff
from ff_core.errors import (
    InvalidInput,
    InvalidKid,
    InvalidSecretHex,
    InvalidToken,
    RotationConflict,
    TokenExpired,
)
from ff_core.types import SignalAccepted, Suspended

SECRET: Final = "ab" * 32


def key_of(partition: int) -> str:
    return f"ff:sec:{{fp:{partition}}}:waitpoint_hmac"


def secrets(server: Server, kid: str) -> set[bytes | None]:
    """The secret of a kid on every partition."""
    return {server.hget(key_of(partition), f"secret:{kid}") for partition in range(PARTITIONS)}


def signal(client: ff.Client, outcome: Suspended, task: ff.Task) -> Any:
    details = outcome.details
    return client.signal(task, details.waitpoint_id, "go", token=details.waitpoint_token)


def test_a_rotation_reaches_every_partition(client: ff.Client, server: Server):
    before = clocked.now(server)
    kids = client.rotate_secret("2026-03", SECRET, grace="1h")
    assert kids == client.kids()
    assert (kids.current, list(kids.former), kids.partitions_that_differ) == ("2026-03", ["k1"], 0)
    assert before + 3_600_000 <= kids.former["k1"] <= clocked.now(server) + 3_600_000
    assert secrets(server, "2026-03") == {SECRET.encode()}


def test_a_secret_of_its_own_is_made_where_none_is_given(client: ff.Client, server: Server):
    client.rotate_secret("k2")
    [secret] = secrets(server, "k2")
    assert secret
    assert len(bytes.fromhex(secret.decode())) == 32
    assert secrets(server, "k1") != {secret}


def test_tokens_of_the_former_key_are_good_for_the_grace_and_no_longer(client: ff.Client, clock: Server):
    tasks = [work(client) for _ in range(2)]
    outcomes = [suspended(client, task) for task in tasks]
    client.rotate_secret("k2", grace="1h")
    assert isinstance(signal(client, outcomes[0], tasks[0]), SignalAccepted)
    clocked.advance(clock, 3_600_001)
    with pytest.raises(TokenExpired, match="grace is over"):
        signal(client, outcomes[1], tasks[1])
    client.rotate_secret("k3")
    with pytest.raises(InvalidToken):
        signal(client, outcomes[1], tasks[1])
    assert client.resume(tasks[1]) == "waiting"


def test_new_tokens_carry_the_new_key(client: ff.Client):
    client.rotate_secret("k2")
    task = work(client)
    outcome = suspended(client, task)
    assert outcome.details.waitpoint_token.kid == "k2"
    assert isinstance(signal(client, outcome, task), SignalAccepted)


def test_a_rotation_that_broke_off_is_completed_by_repeating_it(client: ff.Client, server: Server):
    server.delete(key_of(2))
    server.set(key_of(2), "no hash")
    with pytest.raises(ff.FlowFabricError, match="WRONGTYPE"):
        client.rotate_secret("k2", SECRET)
    server.delete(key_of(2))
    server.hset(key_of(2), mapping={"current_kid": "k1", "secret:k1": "00"})
    assert client.rotate_secret("k2", SECRET).partitions_that_differ == 0
    assert secrets(server, "k2") == {SECRET.encode()}


def test_the_moment_at_which_each_partition_was_rotated_is_no_difference(client: ff.Client, server: Server):
    client.rotate_secret("k2")
    server.hincrby(key_of(2), "expires_at:k1", 5)
    assert client.kids().partitions_that_differ == 0


def test_partitions_that_differ_are_counted(client: ff.Client, server: Server):
    server.hset(key_of(3), mapping={"current_kid": "k9", "secret:k9": "00"})
    assert client.kids().partitions_that_differ == 1


def test_a_kid_is_used_only_once(client: ff.Client, server: Server):
    client.rotate_secret("k2", SECRET)
    with nothing_written(server):
        assert client.rotate_secret("k2", SECRET).current == "k2"
        with pytest.raises(RotationConflict, match="k2"):
            client.rotate_secret("k2", "cd" * 32)
        with pytest.raises(InvalidKid, match="kid k1 was used before; give a new one, such as a date"):
            client.rotate_secret("k1", SECRET)


@pytest.mark.parametrize(
    "arguments, refusal",
    [
        (("", SECRET), InvalidKid),
        (("a:b", SECRET), InvalidKid),
        (("k2", "abc"), InvalidSecretHex),
        (("k2", "xy"), InvalidSecretHex),
        (("k2", SECRET, -1), InvalidInput),
        (("k2", SECRET, "long"), InvalidInput),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    client: ff.Client, server: Server, arguments: tuple[Any, ...], refusal: type[Exception]
):
    with nothing_written(server), pytest.raises(refusal) as caught:
        client.rotate_secret(*arguments)
    assert SECRET not in str(caught.value)


def test_a_rotation_takes_a_handful_of_round_trips(client: ff.Client):
    with counted_trips() as trips:
        client.rotate_secret("k2")
    assert len(trips) <= 3
