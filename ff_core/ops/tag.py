"""Changing what is known of an execution: priority and tags (contract 03a §2, 03b §6.11, §6.12)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ff_core.contract.execution import CHANGE_PRIORITY, SET_EXECUTION_TAGS
from ff_core.contract.model import Word
from ff_core.errors import ExecutionNotFound, InvalidInput
from ff_core.ops.command import hash_field
from ff_core.ops.op import Op, send
from ff_core.ops.scope import core_key
from ff_core.types import ExecutionId

TAG_KEY: Final = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_][a-z0-9_.]*")


def change_priority(execution_id: ExecutionId, priority: int) -> Op[tuple[int, int]]:
    """Give a waiting execution another priority (0 to 9000, clamped). Answers the old and the new one."""
    lane = yield from send(hash_field(core_key(execution_id), "lane_id"))
    if not lane:
        raise ExecutionNotFound
    reply = yield from send(
        CHANGE_PRIORITY.call({"E": execution_id, "L": lane}, {"execution_id": execution_id, "new_priority": priority})
    )
    return reply.integer("old_priority"), reply.integer("new_priority")


def tag(execution_id: ExecutionId, tags: Mapping[str, str]) -> Op[int]:
    """Write tags, whose names have the form ``team.name``; answers how many. There is no removal."""
    check_tags(tags)
    rest: list[tuple[Mapping[str, Word], tuple[Word, ...]]] = [
        ({}, (name, str(value))) for name, value in sorted(tags.items())
    ]
    reply = yield from send(SET_EXECUTION_TAGS.call({"E": execution_id}, {}, rest=rest))
    return reply.integer("count")


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise InvalidInput for no tags at all, or a name that the library would refuse."""
    for name in tags:
        if not TAG_KEY.fullmatch(name):
            raise InvalidInput(f"invalid tag key: {name!r} (must match ^{TAG_KEY.pattern}$), such as team.name")
    if not tags:
        raise InvalidInput("no tags given; give at least one name and value")
