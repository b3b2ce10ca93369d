"""Plain Valkey commands as typed requests. Texts come back decoded; a missing hash field reads as the empty text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ff_core.contract.model import Request, Word


def _text(raw: bytes | str | None) -> str:
    if raw is None:
        return ""
    return raw if isinstance(raw, str) else raw.decode("utf-8", "replace")


def _texts(raw: Sequence[bytes]) -> list[str]:
    return [_text(item) for item in raw]


def _fields(raw: Sequence[bytes] | Mapping[bytes, bytes]) -> dict[str, str]:
    if isinstance(raw, Mapping):  # RESP3
        return {_text(name): _text(value) for name, value in raw.items()}
    return {_text(raw[place]): _text(raw[place + 1]) for place in range(0, len(raw), 2)}


def _scores(raw: Sequence[Any]) -> list[tuple[str, float]]:
    if raw and isinstance(raw[0], list):  # RESP3
        return [(_text(member), float(score)) for member, score in raw]
    return [(_text(raw[place]), float(raw[place + 1])) for place in range(0, len(raw), 2)]


def _entries(raw: Sequence[Any] | None) -> list[tuple[str, dict[str, str]]]:
    return [(_text(entry), _fields(fields)) for entry, fields in raw or ()]


def server_time() -> Request[int]:
    """The server's clock, ms since 1970."""
    return Request(("TIME",), lambda raw: int(raw[0]) * 1000 + int(raw[1]) // 1000)


def get(key: str) -> Request[bytes | None]:
    """A string as stored bytes; None when there is none."""
    return Request(("GET", key), lambda raw: raw)


def get_start(key: str, size: int) -> Request[bytes]:
    """The first `size` bytes of a string; empty when there is none."""
    return Request(("GETRANGE", key, 0, size - 1), lambda raw: raw)


def hash_field(key: str, name: str) -> Request[str]:
    """One field of a hash; empty when it is missing."""
    return Request(("HGET", key, name), _text)


def hash_fields(key: str, names: Sequence[str]) -> Request[dict[str, str]]:
    """Named fields of a hash, each empty when it is missing."""
    return Request(("HMGET", key, *names), lambda raw: dict(zip(names, _texts(raw), strict=True)))


def whole_hash(key: str) -> Request[dict[str, str]]:
    """All fields of a hash; empty when there is none."""
    return Request(("HGETALL", key), _fields)


def set_hash(key: str, fields: Mapping[str, Word]) -> Request[int]:
    """Write fields of a hash; the number of new ones."""
    return Request(("HSET", key, *(word for pair in fields.items() for word in pair)), int)


def set_hash_if_absent(key: str, name: str, value: Word) -> Request[bool]:
    """Write one field of a hash if it is not there; whether it was written."""
    return Request(("HSETNX", key, name, value), bool)


def set_members(key: str) -> Request[list[str]]:
    """The members of a set, unordered."""
    return Request(("SMEMBERS", key), _texts)


def is_member(key: str, member: str) -> Request[bool]:
    """Whether a set holds a member."""
    return Request(("SISMEMBER", key, member), bool)


def add_member(key: str, member: str) -> Request[int]:
    """Put a member into a set."""
    return Request(("SADD", key, member), int)


def ranked(key: str, first: int = 0, last: int = -1) -> Request[list[tuple[str, float]]]:
    """Members with scores of a sorted set, by place; `last` counts, -1 is the end."""
    return Request(("ZRANGE", key, first, last, "WITHSCORES"), _scores)


def ranked_up_to(key: str, score: int, limit: int) -> Request[list[tuple[str, float]]]:
    """At most `limit` members with a score of at most `score`, lowest first, with scores."""
    words = ("ZRANGE", key, "-inf", score, "BYSCORE", "LIMIT", 0, limit, "WITHSCORES")
    return Request(words, _scores)


def ranked_from(key: str, score: float, limit: int) -> Request[list[tuple[str, float]]]:
    """At most `limit` members with a score of at least `score`, lowest first, with scores."""
    words = ("ZRANGE", key, repr(score), "+inf", "BYSCORE", "LIMIT", 0, limit, "WITHSCORES")
    return Request(words, _scores)


def stream_entries(key: str) -> Request[list[tuple[str, dict[str, str]]]]:
    """All entries of a stream: id and fields, oldest first."""
    return Request(("XRANGE", key, "-", "+"), _entries)


def streams_after(places: Mapping[str, str], limit: int) -> Request[dict[str, list[tuple[str, dict[str, str]]]]]:
    """Entries of several streams, for each at most `limit` behind the id given; streams without any are left out."""
    words = ("XREAD", "COUNT", limit, "STREAMS", *places, *places.values())
    return Request(words, _streams)


def _streams(
    raw: Sequence[tuple[bytes, Any]] | Mapping[bytes, Any] | None,
) -> dict[str, list[tuple[str, dict[str, str]]]]:
    pairs = raw.items() if isinstance(raw, Mapping) else raw or ()  # RESP3 has a map
    return {_text(name): _entries(entries) for name, entries in pairs}
