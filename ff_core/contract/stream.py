"""The output of an attempt: frames and the summary document (contract 06)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from ff_core.contract.model import Function, Reply, args, keys
from ff_core.contract.reply import decode_reply
from ff_core.errors import MalformedReply
from ff_core.types import StreamFrame

_ENTRIES: Final = 2
"""Place of the list of entries in the answer."""


def _read_frames(function: Function, raw: object) -> Reply:
    status, fields = decode_reply(raw, function.name)
    entries = cast("Sequence[object]", raw)[_ENTRIES] if fields else None
    if not isinstance(entries, list | tuple):
        raise MalformedReply(f"{function.name}: expected a list of entries, got {type(entries).__name__}")
    frames = tuple(_frame(entry) for entry in cast("Sequence[tuple[object, Sequence[object]]]", entries))
    return Reply(status, function.replies.get(status, ()), fields[1:], frames)


def _frame(entry: tuple[object, Sequence[object]]) -> StreamFrame:
    place, flat = entry
    texts = [_text(word) for word in flat]
    return StreamFrame(_text(place), dict(zip(texts[::2], texts[1::2], strict=True)))


def _text(word: object) -> str:
    return word.decode(errors="replace") if isinstance(word, bytes) else str(word)


APPEND_FRAME = Function(
    name="ff_append_frame",
    lua="stream/append",
    about="Append one frame to the output of the attempt that the caller works on.",
    source="06 §1",
    keys=keys("exec_core", "stream", "stream_meta", "attempt_summary"),
    args=args(
        "execution_id",
        "attempt_index",
        "lease_id",
        "lease_epoch",
        "frame_type",
        "ts",
        "payload",
        "encoding:text=utf8",
        "correlation_id",
        "source:text=worker",
        "retention_maxlen:optional=0",
        "attempt_id",
        "max_payload_bytes:optional=65536",
        "stream_mode",
        "patch_kind",
        "ttl_ms:optional=0",
        "maxlen_floor:lenient",
        "maxlen_ceiling:lenient",
        "ema_alpha:lenient",
    ),
    replies={"OK": ("entry_id", "frame_count", "summary_version")},
    errors=(
        "invalid_input",
        "retention_limit_exceeded",
        "stream_closed",
        "stale_owner_cannot_append",
        "corruption",
    ),
)

READ_ATTEMPT_STREAM = Function(
    name="ff_read_attempt_stream",
    lua="stream/read",
    about="Read a range of the output of an attempt, and whether it is complete.",
    source="06 §1",
    keys=keys("stream", "stream_meta"),
    args=args("from_id:text=-", "to_id:text=+", "count_limit:lenient", "visibility"),
    replies={"OK": ("closed_at", "closed_reason")},
    errors=("invalid_input",),
    reader=_read_frames,
)

READ_SUMMARY = Function(
    name="ff_read_summary",
    lua="stream/read_summary",
    about="Read the summary document of an attempt.",
    source="06 §1",
    keys=keys("attempt_summary"),
    args=(),
    replies={"OK": ("document", "version", "patch_kind", "last_updated_ms", "first_applied_ms")},
    errors=(),
)

FUNCTIONS = (
    APPEND_FRAME,
    READ_ATTEMPT_STREAM,
    READ_SUMMARY,
)
