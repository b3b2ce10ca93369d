"""What a stored condition still waits for (contract 04 §1.3 wcond, §3.3)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def accepted_names(condition: Mapping[str, str], waitpoint_key: str) -> tuple[str, ...]:
    """Names of the signals that this waitpoint can still use, in order; the empty name stands for any name.

    Sentinels of operator-only and timeout-only conditions are left out: no signal meets those.
    """
    if condition.get("composite") == "1":
        tree = json.loads(condition["tree_json"])
        names = dict.fromkeys(_names_in(tree, waitpoint_key))
    else:
        names = dict.fromkeys(
            condition.get(f"matcher:{place}:name", "")
            for place in range(int(condition.get("total_matchers") or 0))
            if condition.get(f"matcher:{place}:satisfied") != "1"
        )
    return tuple(name for name in names if not name.startswith("__"))


def _names_in(node: Mapping[str, Any], waitpoint_key: str) -> Iterator[str]:
    for member in node.get("members", ()):
        yield from _names_in(member, waitpoint_key)
    if node.get("waitpoint_key") == waitpoint_key or waitpoint_key in node.get("waitpoints", ()):
        matcher: Mapping[str, str] = node.get("matcher") or {}
        yield matcher.get("name", "")
