"""Getting a server ready: can it be used, has it the function library, how many partitions (contract 01 §3, 08 §6)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from ff_core.contract import CONTRACT_VERSION, EXTENSION_LIBRARY, LIBRARY
from ff_core.contract.model import Request
from ff_core.errors import FlowFabricError, ServerError, WrongLibrary, WrongServer
from ff_core.keys import key
from ff_core.lua.assemble import BUILD_FUNCTION, EXTENSION_BUILD_FUNCTION, assemble, build_digest
from ff_core.ops.command import set_hash_if_absent, whole_hash
from ff_core.ops.op import Op, attempt_all, pause, send, send_all
from ff_core.types import PartitionCounts

OLDEST_VALKEY = (7, 2)
_VERSION: Final = re.compile(r"(\d+)\.(\d+)")

MISSING_FUNCTION: Final = re.compile(
    "function not loaded|no matching function|function not found|no matching script", re.IGNORECASE
)
"""What servers say to a call of a function that is not there (contract 08 §6)."""

_PERMANENT: Final = re.compile("Error compiling|syntax error|ERR Error|^Error registering")

LOAD_PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 7.0)
"""Seconds between tries to load the library on a server that cannot take it at the moment (contract 08 §6)."""


def prepare(default: PartitionCounts) -> Op[PartitionCounts]:
    """Check the server, see to the function library, and answer the partition counts.

    `default` is written where the server has no counts yet. Raises WrongServer or WrongLibrary with what to do.
    """
    info = yield from send(_info())
    _check_server(info)
    yield from ensure_library()
    return (yield from _partition_counts(default))


def ensure_library() -> Op[bool]:
    """Load our libraries where there are none or other builds of ours; leave a foreign one of the same contract.

    Answers whether the library of the contract is ours now.
    """
    build, version, extension = yield from attempt_all(
        [_ask(BUILD_FUNCTION), _ask("ff_version"), _ask(EXTENSION_BUILD_FUNCTION)]
    )
    for reply in (build, version, extension):
        if isinstance(reply, FlowFabricError) and not MISSING_FUNCTION.search(str(reply)):
            raise reply
    is_ours = isinstance(build, str) or isinstance(version, FlowFabricError)
    if is_ours:
        yield from _ensure(LIBRARY, build)
    elif version != CONTRACT_VERSION:
        raise WrongLibrary(
            f"the server has function library {LIBRARY} version {version}, this is for version {CONTRACT_VERSION}"
        )
    yield from _ensure(EXTENSION_LIBRARY, extension)
    return is_ours


def _ensure(name: str, build: str | FlowFabricError) -> Op[None]:
    library = _library(name)
    if build != build_digest(library):
        yield from _load(library)


def _load(library: str) -> Op[None]:
    for wait in LOAD_PAUSES:
        try:
            return (yield from send(Request(("FUNCTION", "LOAD", "REPLACE", library), _done)))
        except ServerError as error:
            if is_permanent(str(error)):
                raise
        yield from pause(wait)
    return (yield from send(Request(("FUNCTION", "LOAD", "REPLACE", library), _done)))


def is_permanent(message: str) -> bool:
    """Whether a server that said this to FUNCTION LOAD will say it again (contract 08 §6)."""
    return _PERMANENT.search(message) is not None


@cache
def _library(name: str) -> str:
    return assemble(library=name)


def _ask(function: str) -> Request[str]:
    return Request(("FCALL", function, 0), lambda raw: raw.decode())


def _done(_: Any) -> None:
    return None


def _info() -> Request[dict[str, str]]:
    return Request(("INFO", "server"), _info_fields)


def _info_fields(raw: bytes) -> dict[str, str]:
    pairs = (line.partition(":") for line in raw.decode().splitlines() if ":" in line)
    return {name: value for name, _, value in pairs}


def _check_server(info: dict[str, str]) -> None:
    version = info.get("valkey_version")
    if version is None and info.get("server_name") == "valkey":
        version = info.get("redis_version")
    if version is None:
        raise WrongServer(f"this is Redis {info.get('redis_version', '')}".strip())
    numbers = _VERSION.match(version)
    if not numbers or (int(numbers[1]), int(numbers[2])) < OLDEST_VALKEY:
        raise WrongServer(f"this is Valkey {version}")


def _partition_counts(default: PartitionCounts) -> Op[PartitionCounts]:
    place = key("config_partitions")
    stored = yield from send(whole_hash(place))
    if not stored:
        counts = {"flow": default.flow, "budget": default.budget, "quota": default.quota}
        yield from send_all(
            set_hash_if_absent(place, f"num_{name}_partitions", count) for name, count in counts.items()
        )
        stored = yield from send(whole_hash(place))
    return PartitionCounts.from_config(stored)
