"""Clients of a real server: both kinds, and one whose replies get lost."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from conformance import clocked
from conformance.clocked import Server
from integration.proxy import Proxy, proxy_on_socket
from integration.settled import settled_client

import ff_core as ff
from ff_core.backend import drive
from ff_core.keys import names_of

PARTITIONS = 4

Connect = Callable[..., AbstractContextManager[ff.Client]]


@pytest.fixture
def server(raw: Server) -> Iterator[Server]:
    """An empty server with few partitions, so that a client's first look at all of them is quick.

    Every key that a test leaves behind is one of the catalogue.
    """
    raw.hset(
        "ff:config:partitions",
        mapping={
            "num_flow_partitions": PARTITIONS,
            "num_budget_partitions": PARTITIONS,
            "num_quota_partitions": PARTITIONS,
        },
    )
    yield raw
    left = {found.decode() for found in raw.scan_iter(count=1000)} - {clocked.CLOCK_KEY}
    assert not [text for text in left if not names_of(text)]


@pytest.fixture
def url(valkey_socket: Path) -> str:
    return f"unix://{valkey_socket}"


@pytest.fixture(params=["sync", "async"])
def kind_of_client(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def connect(kind_of_client: str) -> Connect:
    """How a client of each kind connects."""
    return ff.connect if kind_of_client == "sync" else settled_client


@pytest.fixture
def client(server: Server, url: str, connect: Connect) -> Iterator[ff.Client]:
    """A client of each kind."""
    with connect(url) as connected:
        yield connected


@pytest.fixture
def other(server: Server, url: str) -> Iterator[ff.Client]:
    """A second client, as another process would have it."""
    with ff.connect(url) as connected:
        yield connected


@pytest.fixture
def clock(client: ff.Client, server: Server) -> Server:
    """The server; its library, loaded after the client has connected, goes by the tests' clock (`clocked.advance`)."""
    clocked.load(server, clocked.library())
    return server


@pytest.fixture
def proxy(server: Server, valkey_socket: Path, scratch: Path) -> Iterator[Proxy]:
    """A proxy of the server, on a socket in a folder of its own."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder, proxy_on_socket(valkey_socket, Path(folder)) as running:
        yield running


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients try to reconnect as often as ever, but at once."""
    monkeypatch.setattr(drive, "RECONNECT_PAUSES", (0,) * len(drive.RECONNECT_PAUSES))


@pytest.fixture
def shaky(proxy: Proxy, connect: Connect) -> Iterator[ff.Client]:
    """A client of each kind that reaches the server through the proxy."""
    with connect(proxy.url) as connected:
        yield connected
