"""Every key and channel that FlowFabric uses in Valkey, by name.

This is the only place with ``ff:`` strings on the Python side. A name stands for one pattern of the key catalogue
(contract 02); the letters in braces are the ids that fill it:

==========  =====================================================================================
``T``       partition tag, ``{fp:7}``; taken from the execution id when only that is given
``E``       execution id, ``{fp:7}:<uuid>``; the tag therefore stands twice in its keys
``U``       id of an upstream execution, in a flow
``L``       lane
``I``       attempt index
``P``       worker instance id
``W``       waitpoint id
``S``       signal id
``F``       flow id
``X``       edge id
``B``       budget id or quota policy id
``D``       usage dimension
``K``       idempotency or dedup key
``NS``      namespace
==========  =====================================================================================
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

_EXECUTION = "ff:exec:{T}:{E}"
_ATTEMPT = "ff:attempt:{T}:{E}:{I}"
_WAITPOINT = "ff:wp:{T}:{W}"
_LANE = "ff:idx:{T}:lane:{L}"
_FLOW = "ff:flow:{T}:{F}"
_BUDGET = "ff:budget:{T}:{B}"
_QUOTA = "ff:quota:{T}:{B}"

PATTERNS: Final = MappingProxyType(
    {
        "exec_core": f"{_EXECUTION}:core",
        "exec_payload": f"{_EXECUTION}:payload",
        "exec_result": f"{_EXECUTION}:result",
        "upstream_result": "ff:exec:{T}:{U}:result",
        "exec_policy": f"{_EXECUTION}:policy",
        "exec_tags": f"{_EXECUTION}:tags",
        "exec_signals": f"{_EXECUTION}:signals",
        "lease_current": f"{_EXECUTION}:lease:current",
        "lease_history": f"{_EXECUTION}:lease:history",
        "claim_grant": f"{_EXECUTION}:claim_grant",
        "attempts": f"{_EXECUTION}:attempts",
        "attempt": _ATTEMPT,
        "attempt_usage": f"{_ATTEMPT}:usage",
        "attempt_policy": f"{_ATTEMPT}:policy",
        "attempt_summary": f"{_ATTEMPT}:summary",
        "stream": "ff:stream:{T}:{E}:{I}",
        "stream_meta": "ff:stream:{T}:{E}:{I}:meta",
        "suspension_current": f"{_EXECUTION}:suspension:current",
        "satisfied_set": f"{_EXECUTION}:suspension:current:satisfied_set",
        "satisfied_signals": f"{_EXECUTION}:suspension:current:satisfied_set:signals",
        "member_map": f"{_EXECUTION}:suspension:current:member_map",
        "waitpoints": f"{_EXECUTION}:waitpoints",
        "early_waitpoints": "ffx:exec:{T}:{E}:waitpoints",
        "waitpoint": _WAITPOINT,
        "waitpoint_signals": f"{_WAITPOINT}:signals",
        "waitpoint_condition": f"{_WAITPOINT}:condition",
        "signal": "ff:signal:{T}:{S}",
        "signal_payload": "ff:signal:{T}:{S}:payload",
        "signal_dedup": "ff:sigdedup:{T}:{W}:{K}",
        "suspend_dedup": "ff:dedup:suspend:{T}:{E}:{K}",
        "create_idempotency": "ff:idem:{T}:{NS}:{K}",
        "noop": "ff:noop:{T}",
        "deps_meta": f"{_EXECUTION}:deps:meta",
        "dep_edge": f"{_EXECUTION}:dep:{{X}}",
        "deps_unresolved": f"{_EXECUTION}:deps:unresolved",
        "deps_all_edges": f"{_EXECUTION}:deps:all_edges",
        "lane_eligible": f"{_LANE}:eligible",
        "lane_delayed": f"{_LANE}:delayed",
        "lane_active": f"{_LANE}:active",
        "lane_terminal": f"{_LANE}:terminal",
        "lane_suspended": f"{_LANE}:suspended",
        "lane_blocked_dependencies": f"{_LANE}:blocked:dependencies",
        "lane_blocked_budget": f"{_LANE}:blocked:budget",
        "lane_blocked_quota": f"{_LANE}:blocked:quota",
        "lane_blocked_route": f"{_LANE}:blocked:route",
        "lane_blocked_operator": f"{_LANE}:blocked:operator",
        "lease_expiry": "ff:idx:{T}:lease_expiry",
        "worker_leases": "ff:idx:{T}:worker:{P}:leases",
        "suspension_timeout": "ff:idx:{T}:suspension_timeout",
        "pending_waitpoint_expiry": "ff:idx:{T}:pending_waitpoint_expiry",
        "attempt_timeout": "ff:idx:{T}:attempt_timeout",
        "execution_deadline": "ff:idx:{T}:execution_deadline",
        "all_executions": "ff:idx:{T}:all_executions",
        "hmac_secrets": "ff:sec:{T}:waitpoint_hmac",
        "signal_delivery": "ff:part:{T}:signal_delivery",
        "flow_core": f"{_FLOW}:core",
        "flow_members": f"{_FLOW}:members",
        "flow_tags": f"{_FLOW}:tags",
        "flow_edge": f"{_FLOW}:edge:{{X}}",
        "flow_out": f"{_FLOW}:out:{{U}}",
        "flow_in": f"{_FLOW}:in:{{E}}",
        "flow_edgegroup": f"{_FLOW}:edgegroup:{{E}}",
        "flow_grant": f"{_FLOW}:grant:{{X}}",
        "flow_summary": f"{_FLOW}:summary",
        "flow_pending_cancels": f"{_FLOW}:pending_cancels",
        "flow_index": "ff:idx:{T}:flow_index",
        "cancel_backlog": "ff:idx:{T}:cancel_backlog",
        "pending_cancel_groups": "ff:idx:{T}:pending_cancel_groups",
        "budget": _BUDGET,
        "budget_limits": f"{_BUDGET}:limits",
        "budget_usage": f"{_BUDGET}:usage",
        "budget_by_exec": f"{_BUDGET}:by_exec:{{E}}",
        "budget_by_exec_index": f"{_BUDGET}:by_exec:index",
        "budget_resets": "ff:idx:{T}:budget_resets",
        "budget_policies": "ff:idx:{T}:budget_policies",
        "usage_dedup": "ff:usagededup:{T}:{K}",
        "quota": _QUOTA,
        "quota_window": f"{_QUOTA}:window:{{D}}",
        "quota_concurrency": f"{_QUOTA}:concurrency",
        "quota_admitted": f"{_QUOTA}:admitted:{{E}}",
        "quota_admitted_set": f"{_QUOTA}:admitted_set",
        "quota_policies": "ff:idx:{T}:quota_policies",
        "worker_alive": "ff:worker:{NS}:{P}:alive",
        "worker_caps": "ff:worker:{NS}:{P}:caps",
        "workers_index": "ff:idx:{NS}:workers",
        "lanes_index": "ff:idx:lanes",
        "config_partitions": "ff:config:partitions",
        "completions": "ffx:completions:{T}",
        "completions_meta": "ffx:completions:{T}:meta",
        "usage_reports": "ffx:usage:{T}",
        "usage_report_dedup": "ffx:usagededup:{T}:{E}:{K}",
        "claim_receipt": "ffx:claims:{T}:{K}",
    }
)

COMPLETIONS_CHANNEL: Final = "ff:dag:completions"

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FORMS: Final = {
    "T": r"\{(?:fp|b|q):\d+\}",
    "E": rf"\{{fp:\d+\}}:{_UUID}",
    "U": rf"\{{fp:\d+\}}:{_UUID}",
    "I": r"\d*",
    "W": _UUID,
    "S": _UUID,
    "F": _UUID,
    "X": _UUID,
    "B": _UUID,
}


def key(name: str, **ids: str | int) -> str:
    """The key called `name` for these ids (letters as in the module's table).

    Raises KeyError for an unknown name or a missing id: both are mistakes in the program, not of its user.
    """
    if "T" not in ids and "E" in ids:
        execution = str(ids["E"])
        ids["T"] = execution[: execution.index("}") + 1]
    return PATTERNS[name].format_map(ids)


def names_of(text: str) -> list[str]:
    """The names whose pattern this key fits; empty when it is no key of FlowFabric."""
    return [name for name, form in _COMPILED.items() if form.fullmatch(text)]


def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"\{([A-Z]+)\}", pattern)
    forms = (_FORMS.get(part, ".*") if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile("".join(forms), re.DOTALL)


_COMPILED: Final = {name: _compiled(pattern) for name, pattern in PATTERNS.items()}
