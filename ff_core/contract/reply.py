"""Reading what a library function answered (contract 08 §1)."""

from __future__ import annotations

from typing import Final, cast

from ff_core.errors import MalformedReply, error_for

_SUCCESS: Final = 1


def decode_reply(raw: object, function: str) -> tuple[str, tuple[str, ...]]:
    """Status and fields of a successful answer of `function`.

    Raises the error of a refusal (contract 08 §3), or MalformedReply when the answer is not in the envelope.
    """
    if not isinstance(raw, list | tuple):
        raise MalformedReply(f"{function}: expected Array, got {type(raw).__name__}")
    items = cast("list[object] | tuple[object, ...]", raw)
    if not items:
        raise MalformedReply(f"{function}: empty FCALL result array")
    outcome, *rest = items
    if not isinstance(outcome, int):
        raise MalformedReply(f"{function}: expected Int at index 0, got {type(outcome).__name__}")
    word, *fields = [_text(item) for item in rest] or [""]
    if outcome != _SUCCESS:
        raise error_for(word, fields)
    return word, tuple(fields)


def _text(item: object) -> str:
    if isinstance(item, bytes):
        return item.decode(errors="replace")
    return str(item) if isinstance(item, str | int) else ""
