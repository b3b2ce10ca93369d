"""Frames for tests: appended by the holder of a fresh claim."""

from typing import Any

from conformance.clocked import Server
from contract import driver
from contract.driver import call


def append(server: Server, payload: str = "hello", mode: str = "", **args: Any) -> list[Any]:
    """Append one frame."""
    given: dict[str, Any] = {"payload": payload, "stream_mode": mode, "encoding": "utf8", "source": "worker"}
    return call(server, "ff_append_frame", **(given | args))


def live(server: Server) -> None:
    """One best-effort frame, and one that stays."""
    driver.claimed(server)
    assert append(server, mode="best_effort", ttl_ms="5000")[:2] == [1, "OK"]
    assert append(server)[:2] == [1, "OK"]


def summed_up(server: Server) -> None:
    """A summary document."""
    driver.claimed(server)
    assert append(server, '{"a":{"b":1},"l":[1]}', "summary")[:2] == [1, "OK"]
