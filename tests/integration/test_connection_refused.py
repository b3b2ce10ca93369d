"""Servers and URLs that cannot be used are refused in one line; the embedded server is used where no URL is given."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conformance.clocked import Server
from integration.conftest import Connect
from integration.foreign import foreign_server
from integration.proxy import proxy_on_tcp

from ff_core.errors import AccessDenied, InvalidInput, MalformedReply, NotConnected, ServerError, WrongServer
from ff_core.home.server import stop
from ff_core.types import PartitionCounts


@pytest.mark.parametrize(
    "info, shown",
    [
        ("redis_version:7.4.0\r\n", "this is Redis 7.4.0"),
        ("server_name:valkey\r\nvalkey_version:7.1.9\r\n", "this is Valkey 7.1.9"),
        ("server_name:valkey\r\nredis_version:7.1.0\r\n", "this is Valkey 7.1.0"),
        ("server_name:valkey\r\nvalkey_version:next\r\n", "this is Valkey next"),
        ("", "does not speak its protocol"),
    ],
)
def test_a_server_that_is_no_valkey_of_our_time_is_refused(ff_home: Path, connect: Connect, info: str, shown: str):
    with foreign_server(ff_home.parent, info) as url, pytest.raises(WrongServer) as caught, connect(url):
        pass
    assert str(caught.value).startswith("FlowFabric needs Valkey 7.2 or newer. Connect to one, or leave out the URL")
    assert shown in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_stops_speaking_the_protocol_is_told(ff_home: Path, connect: Connect):
    info = "server_name:valkey\r\nvalkey_version:8.0.0\r\n"
    with foreign_server(ff_home.parent, info) as url, pytest.raises(MalformedReply) as caught, connect(url):
        pass
    assert "\n" not in str(caught.value)


def test_nobody_there_is_one_line(ff_home: Path, connect: Connect, impatient: None):
    url = f"unix://{ff_home.parent}/nobody.sock"
    with pytest.raises(NotConnected) as caught, connect(url):
        pass
    assert str(caught.value).startswith("There is no connection to the server, and nothing was sent.")
    assert url in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.fixture
def locked(server: Server) -> Iterator[Server]:
    """A server that asks for a password."""
    server.config_set("requirepass", "open sesame")
    server.execute_command("AUTH", "open sesame")
    yield server
    server.config_set("requirepass", "")


@pytest.mark.parametrize("given", ["in the URL", "in the environment"])
def test_the_right_password_opens(locked: Server, url: str, connect: Connect, given: str, monkeypatch: Any):
    if given == "in the URL":
        url = url.replace("unix://", "unix://:open%20sesame@")
    else:
        monkeypatch.setenv("FF_PASSWORD", "open sesame")
    with connect(url) as client:
        assert client.submit("job").created
        assert "sesame" not in repr(client)


@pytest.mark.parametrize("password", ["", "wrong%20one"])
def test_a_wrong_password_is_one_line_that_does_not_show_it(
    locked: Server, url: str, connect: Connect, password: str, impatient: None
):
    if password:
        url = url.replace("unix://", f"unix://default:{password}@")
    with pytest.raises(AccessDenied) as caught, connect(url):
        pass
    assert str(caught.value).startswith(
        "The server refuses the user or password. Put them into the URL, or the password"
    )
    assert "wrong" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_user_without_the_right_is_told_which(server: Server, url: str, connect: Connect):
    server.execute_command("ACL", "SETUSER", "reader", "on", ">pw", "~*", "+@all", "-fcall")
    try:
        with pytest.raises(AccessDenied, match="fcall"), connect(url.replace("unix://", "unix://reader:pw@")):
            pass
    finally:
        server.execute_command("ACL", "DELUSER", "reader")


def test_a_database_that_does_not_exist_is_one_line(server: Server, valkey_socket: Path, connect: Connect):
    with proxy_on_tcp(valkey_socket) as proxy:
        with pytest.raises(ServerError, match="DB index is out of range") as caught, connect(f"{proxy.url}/99"):
            pass
        assert "\n" not in str(caught.value)
        with connect(proxy.url) as client:
            assert client.submit("job").created


# The embedded server


def test_without_a_url_the_embedded_server_is_used_and_found_again(ff_home: Path, connect: Connect):
    try:
        with connect() as client:
            assert client.scope.partitions == PartitionCounts(8, 8, 8)
            run = client.submit("job", {"n": 1})
            assert str(ff_home) in repr(client)
        with connect(home=ff_home) as again:
            assert again.payload(run.id) == {"n": 1}
    finally:
        stop(ff_home)


def test_a_url_and_a_home_cannot_both_be_meant(url: str, ff_home: Path, connect: Connect):
    with pytest.raises(InvalidInput, match="a URL and a home were given"), connect(url, home=ff_home):
        pass
    assert not ff_home.exists()
