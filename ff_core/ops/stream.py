"""Output of an attempt: frames and the summary document (contract 06)."""

from __future__ import annotations

import json
from typing import Final

from ff_core.contract.model import Word
from ff_core.contract.stream import APPEND_FRAME, READ_ATTEMPT_STREAM, READ_SUMMARY
from ff_core.errors import ExecutionNotFound, InvalidInput
from ff_core.ops.command import hash_field
from ff_core.ops.held import ids_of
from ff_core.ops.op import Op, send
from ff_core.ops.scope import core_key
from ff_core.types import (
    AppendFrameOutcome,
    BestEffortLive,
    DurableSummary,
    ExecutionId,
    Frame,
    Handle,
    PatchKind,
    StreamCursor,
    StreamFrames,
    SummaryDocument,
    TailVisibility,
    TimestampMs,
    decode_handle,
)

MAX_FRAME_BYTES: Final = 65_536
FRAMES_KEPT: Final = 10_000
MAX_FRAMES_A_READ: Final = 10_000


def append_frame(handle: Handle, frame: Frame) -> Op[AppendFrameOutcome]:
    """Append a frame to the output of the attempt that this handle holds.

    A repeat after a lost reply appends again: give frames a correlation id where that matters. Raises InvalidInput for
    a frame over 64 KiB or a summary patch that is no JSON object, StreamClosed or StaleOwnerCannotAppend.
    """
    _check(frame)
    held = decode_handle(handle)
    args: dict[str, Word | None] = {
        "execution_id": held.execution_id,
        "attempt_index": held.attempt_index,
        "lease_id": held.lease_id,
        "lease_epoch": held.lease_epoch,
        "frame_type": frame.frame_type or frame.kind.value,
        "ts": None,
        "payload": frame.bytes,
        "encoding": "utf8",
        "correlation_id": frame.correlation_id,
        "source": "worker",
        "retention_maxlen": FRAMES_KEPT,
        "attempt_id": held.attempt_id,
        "max_payload_bytes": MAX_FRAME_BYTES,
        "stream_mode": frame.mode.wire,
        "patch_kind": frame.mode.patch_kind.value if isinstance(frame.mode, DurableSummary) else None,
        **_live(frame),
    }
    reply = yield from send(APPEND_FRAME.call(ids_of(held), args))
    version = reply.text("summary_version")
    return AppendFrameOutcome(reply.text("entry_id"), reply.integer("frame_count"), int(version) if version else None)


def _live(frame: Frame) -> dict[str, Word | None]:
    if not isinstance(frame.mode, BestEffortLive):
        return {"ttl_ms": 0, "maxlen_floor": 0, "maxlen_ceiling": 0, "ema_alpha": 0}
    config = frame.mode.config
    return {
        "ttl_ms": config.ttl_ms,
        "maxlen_floor": config.maxlen_floor,
        "maxlen_ceiling": config.maxlen_ceiling,
        "ema_alpha": f"{config.ema_alpha:.6f}",
    }


def _check(frame: Frame) -> None:
    if len(frame.bytes) > MAX_FRAME_BYTES:
        raise InvalidInput(
            f"a frame of {len(frame.bytes)} bytes; at most {MAX_FRAME_BYTES} fit, so split it or send a reference"
        )
    if isinstance(frame.mode, DurableSummary):
        try:
            patch = json.loads(frame.bytes)
        except ValueError as error:
            raise InvalidInput(f"the patch is not JSON ({error}); give a JSON object") from None
        if not isinstance(patch, dict):
            raise InvalidInput('the patch is no JSON object; give one, such as {"done": 3}')


def current_attempt(execution_id: ExecutionId) -> Op[int]:
    """Index of the newest attempt of an execution; 0 before the first. Raises ExecutionNotFound."""
    core = core_key(execution_id)
    if not (yield from send(hash_field(core, "lane_id"))):
        raise ExecutionNotFound
    return int((yield from send(hash_field(core, "current_attempt_index"))) or 0)


def read_frames(
    execution_id: ExecutionId,
    attempt: int | None = None,
    *,
    after: StreamCursor | None = None,
    limit: int = 1_000,
    visibility: TailVisibility = TailVisibility.ALL,
) -> Op[StreamFrames]:
    """Frames of an attempt (the newest one by default) behind `after`, oldest first, at most `limit`."""
    if not 1 <= limit <= MAX_FRAMES_A_READ:
        raise InvalidInput(f"a limit of {limit} frames; give 1 to {MAX_FRAMES_A_READ}")
    index = (yield from current_attempt(execution_id)) if attempt is None else attempt
    args: dict[str, Word | None] = {
        "from_id": _behind(after),
        "to_id": "+",
        "count_limit": limit,
        "visibility": visibility.value,
    }
    reply = yield from send(READ_ATTEMPT_STREAM.call({"E": execution_id, "I": index}, args))
    closed_at = reply.text("closed_at")
    return StreamFrames(
        reply.frames, TimestampMs(int(closed_at)) if closed_at else None, reply.text("closed_reason") or None
    )


def _behind(after: StreamCursor | None) -> str:
    """The lower bound of what comes after a place; only places between the ends can be left out of a range."""
    if after is None:
        return "-"
    return after.to_wire() if after in {"start", "end"} else f"({after}"


def read_summary(execution_id: ExecutionId, attempt: int | None = None) -> Op[SummaryDocument | None]:
    """The summary document of an attempt (the newest one by default); None where there is none."""
    index = (yield from current_attempt(execution_id)) if attempt is None else attempt
    reply = yield from send(READ_SUMMARY.call({"E": execution_id, "I": index}, {}))
    if not reply.integer("version"):
        return None
    return SummaryDocument(
        document_json=reply.text("document").encode(),
        version=reply.integer("version"),
        patch_kind=PatchKind(reply.text("patch_kind")),
        last_updated_ms=TimestampMs(reply.integer("last_updated_ms")),
        first_applied_ms=TimestampMs(reply.integer("first_applied_ms")),
    )
