"""Where a server is, and how to get in."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from ff_core.errors import InvalidInput

DEFAULT_PORT: Final = 6379
CONNECT_TIMEOUT: Final = 5.0
"""Seconds to wait for a connection."""
REPLY_TIMEOUT: Final = 30.0
"""Seconds to wait for a reply; no command of ours blocks the server longer."""

_DATABASE: Final = re.compile(r"/?([0-9]{0,9})/?")
_SCHEME: Final = re.compile(r"[a-z]+://")
_FORM: Final = "valkey://[user[:password]@]host[:port][/db], valkeys://... for TLS, or unix:///path/to/socket"


@dataclass(frozen=True, slots=True)
class Address:
    """A server's address. Its text never shows a password."""

    text: str
    options: Mapping[str, Any] = field(repr=False)
    """Arguments for a connection of the Valkey client library."""
    tls: bool = False

    @classmethod
    def of_socket(cls, socket: Path) -> Address:
        """The server that listens on this Unix socket."""
        return cls(f"unix://{socket}", {"path": str(socket), **_timeouts()})

    @classmethod
    def of_url(cls, url: str) -> Address:
        """The server that a URL names. The password may stand in FF_PASSWORD instead. Raises InvalidInput."""
        refusal = InvalidInput(f"{_shown(url)} is no server address; write {_FORM}")
        try:
            parts = urlsplit(url)
            port = parts.port or DEFAULT_PORT
        except ValueError:
            raise refusal from None  # what it says may hold a part of the password
        if parts.query or parts.fragment:
            raise refusal
        if parts.scheme == "unix" and parts.path and not parts.hostname:
            return cls(f"unix://{parts.path}", {"path": parts.path, **_login(parts), **_timeouts()})
        database = _DATABASE.fullmatch(parts.path)
        if parts.scheme not in {"valkey", "valkeys"} or not parts.hostname or not database:
            raise refusal
        tls = parts.scheme == "valkeys"
        options = {
            "host": parts.hostname,
            "port": port,
            "db": int(database[1] or 0),
            **_login(parts),
            **_timeouts(),
            **({"ssl_cert_reqs": "required", "ssl_check_hostname": True} if tls else {}),
        }
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(f"{parts.scheme}://{host}:{port}/{options['db']}", options, tls)

    def __str__(self) -> str:
        return self.text


def _login(parts: SplitResult) -> dict[str, str | None]:
    return {
        "username": parts.username and unquote(parts.username),
        "password": unquote(parts.password) if parts.password else os.environ.get("FF_PASSWORD"),
    }


def _timeouts() -> dict[str, float]:
    return {"socket_connect_timeout": CONNECT_TIMEOUT, "socket_timeout": REPLY_TIMEOUT}


def _shown(url: str) -> str:
    """The URL without what may be a password."""
    before, at, after = url.rpartition("@")
    scheme = _SCHEME.match(before)
    place = re.split("[?#]", after)[0]
    return repr(f"{scheme[0] if scheme else ''}...@{place}" if at else place)
