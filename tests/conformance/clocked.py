"""The function library under a clock that tests own: time passes when a test says so.

A key holds how far the clock is ahead of the server's. FLUSHALL, which begins every test, sets it back.
"""

from functools import cache
from typing import Any, Final

import valkey

from ff_core.contract import LIBRARY
from ff_core.lua import assemble, build_digest

Server = Any
"""A client of a server. Its own annotations leave open whether a reply has to be awaited."""

CLOCK_KEY: Final = "ffx:test:clock"

_CLOCK: Final = f"""
local number = require("number")

local clock = {{}}

local function ahead()
  return tonumber(redis.call("GET", "{CLOCK_KEY}") or "0")
end

function clock.now()
  local time = redis.call("TIME")
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + ahead()
end

function clock.expire_at(key, time)
  redis.call("PEXPIREAT", key, number.whole(time - ahead()))
end

return clock
"""


@cache
def library(name: str = LIBRARY) -> str:
    """A library, its clock replaced."""
    return assemble({"clock": _CLOCK}, name)


def load(client: Server, text: str) -> None:
    """Have the server run the library `text`; nothing happens where it does already."""
    build_function = text.rsplit('register_function("', 1)[1].split('"', 1)[0]
    try:
        if client.execute_command("FCALL", build_function, 0) == build_digest(text).encode():
            return
    except valkey.ResponseError:  # none is loaded
        pass
    client.function_load(text, replace=True)


def now(client: Server) -> int:
    """The time that the library sees (ms)."""
    seconds, micros = client.time()
    return seconds * 1000 + micros // 1000 + int(client.get(CLOCK_KEY) or 0)


def advance(client: Server, milliseconds: int) -> None:
    """Let time pass, for the library and for every key that has a lifetime."""
    client.incrby(CLOCK_KEY, milliseconds)
    for key in client.scan_iter(count=1000):
        left = client.pttl(key)
        if 0 <= left <= milliseconds:
            client.delete(key)
        elif left > milliseconds:
            client.pexpire(key, left - milliseconds)
