"""Replays recorded traces of FlowFabric 0.15 against the library and tells where it behaves differently.

A trace is a list of steps on an empty server: ``fcall`` with the reply, the keys that it changed and the
messages that it published when it was recorded; ``do``, a raw command; ``sleep``, time passing. In what was
recorded ``⟦ts+5⟧`` is the time of the step plus 5 ms, ``⟦score 2 ts+5⟧`` a sorted-set score of 2e12 more than
that, ``⟦token:k1⟧`` a waitpoint token of that key id, ``{"json": ...}`` a text that holds this document.

Not compared: keys and channels that begin with ``ffx:``, ids of stream entries, empty hash fields, and times
to within TOLERANCE_MS.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from conformance import clocked
from conformance.clocked import Server

TOLERANCE_MS: Final = 3_000

_OURS: Final = "ffx:"
_MARKER: Final = f"{_OURS}test:marker"
_PLACE = re.compile(r"\$\{(\w+)(?:([+-]\d+))?\}")
_TIME = re.compile(r"⟦ts([+-]\d+)⟧")
_SCORE = re.compile(r"⟦score (-?\d+) ts([+-]\d+)⟧")
_TOKEN = re.compile(r"⟦token:(.+)⟧")
_ENTRY = re.compile(r"(⟦ts[+-]\d+⟧)-\d+")

_READ: Final = {
    "string": lambda pipe, key: pipe.get(key),
    "hash": lambda pipe, key: pipe.hgetall(key),
    "set": lambda pipe, key: pipe.smembers(key),
    "zset": lambda pipe, key: pipe.zrange(key, 0, -1, withscores=True),
    "stream": lambda pipe, key: pipe.xrange(key),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What one key holds. For equality a lifetime counts, but not how much of it is left."""

    kind: str
    value: Any
    has_lifetime: bool
    left_ms: int | None = field(compare=False)


def replay(client: Server, path: Path) -> list[str]:
    """Every difference between the trace and what the library does now."""
    steps = json.loads(path.read_text(encoding="utf-8"))["steps"]
    saved: dict[str, str] = {}
    found: list[str] = []
    with client.pubsub(ignore_subscribe_messages=True) as listener:
        listener.psubscribe("*")
        published(client, listener)
        before = snapshot(client)
        for number, step in enumerate(steps):
            client.incr(clocked.CLOCK_KEY)  # no two steps at one time, or a stamp could stay as it was
            now = clocked.now(client)
            if "sleep" in step:  # what vanishes meanwhile is recorded as a change of the next call
                clocked.advance(client, step["sleep"])
                continue
            if "do" in step:
                client.execute_command(*(_filled(word, now, saved) for word in step["do"]))
                before = snapshot(client)
                continue
            reply = _call(client, step, now, saved)
            after = snapshot(client)
            faults = [
                *differences(step["reply"], reply, now, "reply"),
                *_writes(step["writes"], changes(before, after), now),
                *differences(step["published"], published(client, listener), now, "published"),
            ]
            found += [f"step {number} {step['fcall']} {fault}" for fault in faults]
            before = after
    return found


def _call(client: Server, step: dict[str, Any], now: int, saved: dict[str, str]) -> Any:
    keys = [_filled(key, now, saved) for key in step["keys"]]
    args = [_filled(arg, now, saved) for arg in step["args"]]
    reply = _text(client.execute_command("FCALL", step["fcall"], len(keys), *keys, *args))
    for name, way in step.get("save", {}).items():
        value = reply
        for place in way:
            value = value[place]
        saved[name] = str(value)
    return reply


def published(client: Server, listener: Any) -> list[list[str]]:
    """The messages since the last call. A marker of ours comes last, so that nobody waits for silence."""
    client.publish(_MARKER, "")
    found: list[list[str]] = []
    while True:
        message = listener.get_message(timeout=5)
        if message is None or message["type"] != "pmessage":
            continue
        channel = _text(message["channel"])
        if channel == _MARKER:
            return found
        if not channel.startswith(_OURS):
            found.append([channel, _text(message["data"])])


def snapshot(client: Server) -> dict[str, Entry]:
    """All keys but ours, with what they hold."""
    names = [name for name in client.scan_iter(count=1000) if not name.startswith(_OURS.encode())]
    with client.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.type(name)
            pipe.pttl(name)
        answers = pipe.execute()
        kinds = [_text(kind) for kind in answers[::2]]
        for name, kind in zip(names, kinds, strict=True):
            _READ[kind](pipe, name)
        values = pipe.execute()
    return {
        _text(name): Entry(kind, _value(kind, value), ttl >= 0, ttl if ttl >= 0 else None)
        for name, kind, ttl, value in zip(names, kinds, answers[1::2], values, strict=True)
    }


def changes(before: dict[str, Entry], after: dict[str, Entry]) -> dict[str, Entry | None]:
    """The keys that differ; None for those that are gone."""
    names = before.keys() | after.keys()
    return {name: after.get(name) for name in names if before.get(name) != after.get(name)}


def differences(want: Any, got: Any, now: int, where: str) -> Iterator[str]:
    """Where `got` departs from the recorded form `want`."""
    if isinstance(want, dict) and want.keys() == {"json"} and isinstance(got, str):
        yield from differences(want["json"], json.loads(got), now, where)
    elif isinstance(want, dict) and isinstance(got, dict):
        for name in sorted(want.keys() | got.keys()):
            yield from differences(want.get(name), got.get(name), now, f"{where}.{name}")
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for place, (one, other) in enumerate(zip(want, got, strict=True)):
            yield from differences(one, other, now, f"{where}[{place}]")
    elif not _agree(want, got, now):
        yield f"{where}: want {want!r}, got {got!r} at {now}"


def _writes(want: dict[str, Any], got: dict[str, Entry | None], now: int) -> Iterator[str]:
    for key in sorted(want.keys() | got.keys()):
        if key not in got or key not in want:
            yield f"{key}: {'is' if key in got else 'is not'} written"
            continue
        entry, recorded = got[key], want[key]
        if entry is None or recorded is None:
            if entry is not recorded:
                yield f"{key}: want {recorded}, got {entry}"
            continue
        value = recorded["value"]
        if recorded["type"] == "hash":
            value = {field: text for field, text in value.items() if text != ""}
        yield from differences(recorded["type"], entry.kind, now, f"{key} type")
        yield from differences(value, entry.value, now, key)
        if not _same_lifetime(recorded["ttl"], entry.left_ms):
            yield f"{key}: want a lifetime of {recorded['ttl']} ms, got {entry.left_ms}"


def _same_lifetime(want: int | None, got: int | None) -> bool:
    if want is None or got is None:
        return want is got
    return abs(want - got) <= max(TOLERANCE_MS, want // 100)


def _agree(want: Any, got: Any, now: int) -> bool:
    if isinstance(want, str) and (mark := _SCORE.fullmatch(want)) and isinstance(got, int | float):
        return abs(got - int(mark[1]) * 10**12 - now - int(mark[2])) <= TOLERANCE_MS
    if isinstance(want, str) and (mark := _TOKEN.fullmatch(want)):
        return re.fullmatch(re.escape(mark[1]) + ":[0-9a-f]{40}", str(got)) is not None
    if isinstance(want, str) and (mark := _ENTRY.fullmatch(want)):  # the id of a stream entry
        time, _, place = str(got).partition("-")
        return place.isdigit() and _agree(mark[1], time, now)
    if isinstance(want, str) and _TIME.search(want):
        parts = _TIME.split(want)
        form = "".join(r"(\d{13})" if place % 2 else re.escape(part) for place, part in enumerate(parts))
        times = re.fullmatch(form, str(got), re.DOTALL)
        return times is not None and all(
            abs(int(time) - now - int(offset)) <= TOLERANCE_MS
            for time, offset in zip(times.groups(), parts[1::2], strict=True)
        )
    numbers = (int, float)
    same_kind = type(want) is type(got) or (type(want) in numbers and type(got) in numbers)
    return same_kind and want == got


def _value(kind: str, value: Any) -> Any:
    if kind == "hash":
        return {field: text for field, text in _text(value).items() if text != ""}
    if kind == "set":
        return sorted(_text(list(value)))
    if kind == "zset":
        return {_text(member): score for member, score in value}
    if kind == "stream":
        return [_text(fields) for _, fields in value]
    return _text(value)


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, list):
        return [_text(item) for item in value]
    if isinstance(value, dict):
        return {_text(name): _text(item) for name, item in value.items()}
    return value


def _filled(text: Any, now: int, saved: dict[str, str]) -> Any:
    def value(place: re.Match[str]) -> str:
        return str(now + int(place[2] or 0)) if place[1] == "now" else saved[place[1]]

    return _PLACE.sub(value, text) if isinstance(text, str) else text
