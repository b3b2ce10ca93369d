"""Quota policies: how many executions may start in a time, and run at once (contract 07 §3)."""

from __future__ import annotations

from typing import cast

from ff_core.contract.model import Function, Reply, args, keys
from ff_core.contract.reply import decode_reply


def _read_words(function: Function, raw: object) -> Reply:
    """An admission is answered by words alone; only its argument errors come in the envelope."""
    words = cast("list[object]", raw) if isinstance(raw, list) else []
    is_bare = bool(words) and not isinstance(words[0], int)
    status, fields = decode_reply([1, *words] if is_bare else cast("object", raw), function.name)
    return Reply(status, function.replies.get(status, ()), fields)


CREATE_QUOTA_POLICY = Function(
    name="ff_create_quota_policy",
    lua="quota/create_policy",
    about="Define a quota policy; it is never changed by a second call.",
    source="07 §3",
    keys=keys("quota", "quota_window", "quota_concurrency", "quota_admitted_set", "quota_policies"),
    args=args(
        "quota_policy_id",
        "window_seconds:number",
        "max_requests_per_window:number",
        "max_concurrent:number",
        "now_ms:number",
    ),
    replies={"OK": ("quota_policy_id",), "ALREADY_SATISFIED": ("quota_policy_id",)},
    errors=("invalid_input",),
)

CHECK_ADMISSION_AND_RECORD = Function(
    name="ff_check_admission_and_record",
    lua="quota/check_admission",
    about="Admit an execution if rate and concurrency allow it.",
    source="07 §3",
    keys=keys("quota_window", "quota_concurrency", "quota", "quota_admitted", "quota_admitted_set"),
    args=args(
        "now_ms:number",
        "window_seconds:number",
        "rate_limit:number",
        "concurrency_cap:number",
        "execution_id",
        "jitter_ms:lenient",
    ),
    replies={
        "ADMITTED": (),
        "ALREADY_ADMITTED": (),
        "RATE_EXCEEDED": ("retry_after_ms",),
        "CONCURRENCY_EXCEEDED": (),
    },
    errors=("invalid_input",),
    reader=_read_words,
)

RELEASE_ADMISSION = Function(
    name="ff_release_admission",
    lua="quota/release_admission",
    about="Take an admission back; to be called once for each.",
    source="07 §3",
    keys=keys("quota_admitted", "quota_admitted_set", "quota_concurrency"),
    args=args("execution_id"),
    replies={"OK": ("outcome",)},
    errors=(),
)

FUNCTIONS = (
    CREATE_QUOTA_POLICY,
    CHECK_ADMISSION_AND_RECORD,
    RELEASE_ADMISSION,
)
