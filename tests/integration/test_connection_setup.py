"""The first connect: what a server gets, and that later ones find the same."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from integration.conftest import Connect
from integration.settled import settled_client
from integration.steps import nothing_written, suspended, work
from integration.trips import counted_trips

import ff_core as ff
from ff_core.errors import (
    InvalidInput,
    InvalidSecretHex,
    ServerError,
    WrongLibrary,
)
from ff_core.lua import assemble, build_digest
from ff_core.types import PartitionCounts

STUB: Final = """#!lua name=flowfabric
redis.register_function("ff_version", function() return "{version}" end)
"""


@pytest.fixture
def bare(raw: Server) -> Iterator[Server]:
    """An empty server without any function library; afterwards without one again."""
    raw.function_flush()
    yield raw
    raw.function_flush()


def build(server: Server) -> str:
    return server.execute_command("FCALL", "ffx_build", 0).decode()


def digest() -> str:
    return build_digest(assemble())


def contract_library(server: Server) -> Any:
    """The library that stands for the contract, with its text."""
    return server.function_list("flowfabric", withcode=True)


def secrets(server: Server) -> dict[bytes, set[bytes]]:
    """What the partitions hold as their signing keys: each field with its values."""
    found: dict[bytes, set[bytes]] = {}
    for key in server.scan_iter("ff:sec:*", count=1000):
        for name, value in server.hgetall(key).items():
            found.setdefault(name, set()).add(value)
    return found


# What a fresh server gets


def test_a_bare_server_gets_everything(bare: Server, url: str, connect: Connect):
    with connect(url) as client:
        assert client.scope.partitions == PartitionCounts(256, 32, 32)
        assert client.submit("job").created
        assert repr(client).endswith(f"Client('{url}', namespace='default')")
    assert build(bare) == digest()
    assert bare.hgetall("ff:config:partitions") == {
        b"num_flow_partitions": b"256",
        b"num_budget_partitions": b"32",
        b"num_quota_partitions": b"32",
    }
    assert len(list(bare.scan_iter("ff:sec:*", count=1000))) == 256
    found = secrets(bare)
    assert found[b"current_kid"] == {b"k1"}
    [secret] = found[b"secret:k1"]
    assert len(bytes.fromhex(secret.decode())) == 32


def test_the_first_connect_takes_a_handful_of_round_trips(bare: Server, url: str, connect: Connect):
    with counted_trips() as trips, connect(url):
        pass
    assert len(trips) <= 12


def test_the_second_connect_changes_nothing(bare: Server, url: str, connect: Connect):
    with connect(url):
        pass
    with nothing_written(bare), counted_trips() as trips, connect(url):
        pass
    assert len(trips) <= 4


def test_partition_counts_are_read_where_there_are_any(server: Server, url: str, connect: Connect):
    with connect(url) as client:
        assert client.scope.partitions == PartitionCounts(4, 4, 4)
        assert {client.submit("job", lane=f"lane{number}").id.partition_index for number in range(40)} == set(range(4))


def test_a_partition_count_that_makes_no_sense_counts_as_missing(raw: Server, url: str, connect: Connect):
    raw.hset("ff:config:partitions", mapping={"num_flow_partitions": "5", "num_budget_partitions": "many"})
    with connect(url) as client:
        assert client.scope.partitions == PartitionCounts(5, 32, 32)


def test_two_first_connects_at_once_agree(bare: Server, url: str):
    start = threading.Barrier(4)

    def enter(number: int) -> Any:
        start.wait()
        with (ff.connect if number % 2 else settled_client)(url) as client:
            task = work(client, lane=f"lane{number}")
            outcome = suspended(client, task)
            with ff.connect(url) as other:
                return other.signal(task, outcome.details.waitpoint_id, "go", token=outcome.details.waitpoint_token)

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(enter, range(4)))) == 4
    assert len(secrets(bare)[b"secret:k1"]) == 1
    assert build(bare) == digest()


def test_a_configured_secret_is_used(server: Server, url: str, connect: Connect, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FF_WAITPOINT_HMAC_SECRET", "ab" * 32)
    with connect(url):
        assert secrets(server)[b"secret:k1"] == {b"ab" * 32}


def test_a_secret_that_is_there_stays(server: Server, url: str, connect: Connect, monkeypatch: pytest.MonkeyPatch):
    with connect(url):
        before = secrets(server)
    monkeypatch.setenv("FF_WAITPOINT_HMAC_SECRET", "ab" * 32)
    with connect(url):
        assert secrets(server) == before


def test_a_partition_without_a_secret_gets_that_of_the_others(server: Server, url: str, connect: Connect):
    with connect(url) as client:
        client.rotate_secret("k2", "ab" * 32)
        server.delete("ff:sec:{fp:3}:waitpoint_hmac")
    with connect(url):
        assert server.hgetall("ff:sec:{fp:3}:waitpoint_hmac") == {b"current_kid": b"k2", b"secret:k2": b"ab" * 32}


@pytest.mark.parametrize("secret", ["abc", "secret!!"])
def test_a_configured_secret_that_cannot_sign_is_refused(
    server: Server, url: str, connect: Connect, secret: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("FF_WAITPOINT_HMAC_SECRET", secret)
    with nothing_written(server), pytest.raises(InvalidSecretHex) as caught, connect(url):
        pass
    assert secret not in str(caught.value)


def test_a_namespace_needs_a_name(server: Server, url: str, connect: Connect):
    with pytest.raises(InvalidInput, match="the namespace is empty"), connect(url, namespace=""):
        pass


# The function library


def test_a_foreign_library_of_our_contract_is_left_alone(bare: Server, url: str, connect: Connect):
    bare.function_load(STUB.format(version=34))
    before = bare.function_list("flowfabric", withcode=True)
    with connect(url):
        pass
    assert bare.function_list("flowfabric", withcode=True) == before


def test_a_library_of_another_contract_is_refused_and_left_alone(bare: Server, url: str, connect: Connect):
    bare.function_load(STUB.format(version=33))
    before = contract_library(bare)
    with nothing_written(bare), pytest.raises(WrongLibrary) as caught, connect(url):
        pass
    assert contract_library(bare) == before
    assert str(caught.value) == (
        "The server runs another version of FlowFabric. Use a server of its own, or a matching version of this "
        "package. "
        "(the server has function library flowfabric version 33, this is for version 34)"
    )


def test_another_build_of_ours_is_replaced(bare: Server, url: str, connect: Connect):
    clocked.load(bare, clocked.library())
    with connect(url):
        assert build(bare) == digest()


def test_a_library_that_vanishes_during_use_comes_back(bare: Server, url: str, connect: Connect):
    with connect(url) as client:
        bare.function_flush()
        run = client.submit("job")
        bare.function_flush()
        task = client.claim()
        assert task
        bare.function_flush()
        assert len(client.submit_many("job", range(50))) == 50
        task.complete("done")
        assert client.result(run) == "done"
    assert build(bare) == digest()


def test_a_server_that_forgets_a_function_of_a_foreign_library_is_not_made_ours(
    bare: Server, url: str, connect: Connect
):
    """The call fails; what lies there is somebody else's."""
    with connect(url) as client:
        bare.function_flush()
        bare.function_load(STUB.format(version=34))
        with pytest.raises(ServerError, match="Function not found"):
            client.submit("job")
