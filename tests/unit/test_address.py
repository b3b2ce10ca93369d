"""Addresses of servers: what a URL may look like, and that no text shows the password."""

from pathlib import Path
from typing import Any, Final

import pytest

from ff_core.backend import Address
from ff_core.errors import InvalidInput

FORM: Final = "valkey://[user[:password]@]host[:port][/db], valkeys://... for TLS, or unix:///path/to/socket"


@pytest.mark.parametrize(
    "url, text, options",
    [
        ("valkey://host", "valkey://host:6379/0", {"host": "host", "port": 6379, "db": 0}),
        ("valkey://host:7000/3", "valkey://host:7000/3", {"host": "host", "port": 7000, "db": 3}),
        ("valkey://host/", "valkey://host:6379/0", {"db": 0}),
        ("valkey://[::1]:7000", "valkey://[::1]:7000/0", {"host": "::1", "port": 7000}),
        ("valkey://ada:pw@host", "valkey://host:6379/0", {"username": "ada", "password": "pw"}),
        ("valkey://:pw@host", "valkey://host:6379/0", {"password": "pw"}),
        ("valkey://a%40b:p%2Fw%25@host", "valkey://host:6379/0", {"username": "a@b", "password": "p/w%"}),
        ("valkey://:p@w@host", "valkey://host:6379/0", {"password": "p@w"}),
        ("unix:///run/a.sock", "unix:///run/a.sock", {"path": "/run/a.sock"}),
        ("unix://ada:pw@/run/a.sock", "unix:///run/a.sock", {"username": "ada", "password": "pw"}),
    ],
)
def test_forms_of_a_url(url: str, text: str, options: dict[str, Any]):
    address = Address.of_url(url)
    assert str(address) == text
    assert {name: address.options[name] for name in options} == options
    assert not address.tls
    assert "pw" not in repr(address)


def test_no_login_is_no_login():
    assert not Address.of_url("valkey://host").options["username"]
    assert not Address.of_url("valkey://host").options["password"]


def test_every_connection_has_time_limits():
    for address in (Address.of_url("valkey://host"), Address.of_url("unix:///s"), Address.of_socket(Path("/s"))):
        assert address.options["socket_timeout"] == 30
        assert address.options["socket_connect_timeout"] == 5


def test_tls_checks_whom_it_talks_to():
    address = Address.of_url("valkeys://ada:pw@host:7000/1")
    assert (str(address), address.tls) == ("valkeys://host:7000/1", True)
    assert address.options["ssl_check_hostname"] is True
    assert address.options["ssl_cert_reqs"] == "required"


def test_the_password_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FF_PASSWORD", "from%20outside")
    assert Address.of_url("valkey://ada@host").options["password"] == "from%20outside"
    assert Address.of_url("unix:///s").options["password"] == "from%20outside"
    assert Address.of_url("valkey://:own@host").options["password"] == "own"
    assert Address.of_socket(Path("/s")).options.get("password") is None


@pytest.mark.parametrize(
    "url, shown",
    [
        ("", "'' is no server address"),
        ("host:6379", "'host:6379' is no server address"),
        ("redis://host", "'redis://host' is no server address"),
        ("http://host", "'http://host' is no server address"),
        ("valkey://", "'valkey://' is no server address"),
        ("valkey://host:port", "'valkey://host:port' is no server address"),
        ("valkey://host:70000", "'valkey://host:70000' is no server address"),
        ("valkey://host/one", "'valkey://host/one' is no server address"),
        ("valkey://host/-1", "'valkey://host/-1' is no server address"),
        ("valkey://host?cluster=true", "'valkey://host' is no server address"),
        ("valkey://[::1", "'valkey://[::1' is no server address"),
        ("unix://", "'unix://' is no server address"),
        ("unix://relative/path", "'unix://relative/path' is no server address"),
        ("unix://relative", "'unix://relative' is no server address"),
    ],
)
def test_what_is_no_url_is_refused_in_one_line(url: str, shown: str):
    with pytest.raises(InvalidInput) as caught:
        Address.of_url(url)
    assert str(caught.value) == f"{shown}; write {FORM}"


@pytest.mark.parametrize(
    "url",
    [
        "valkey://ada:SECRET@host:port",
        "valkey://ada:12/SECRET@host",
        "valkey://ada:/SECRET@host",
        "valkey://ada:SECRET/more@host",
        "valkey://ada:SECRET#more@host",
        "valkey://:#SECRET@host",
        "valkey://ada:12?SECRET@host",
        "valkey://ada:SECRET@more@host:port",
        "valkey://ada:SECRET@[::1",
        "redis://:SECRET@host",
        "ada:SECRET@host:6379",
        "SECRET@host",
        "redis://host?password=SECRET",
        "valkey://host#SECRET",
        "unix://ada:SECRET@relative/path",
    ],
)
def test_no_refusal_shows_the_password(url: str):
    with pytest.raises(InvalidInput) as caught:
        Address.of_url(url)
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
