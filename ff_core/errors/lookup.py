"""From a code on the wire to its error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ff_core.errors.base import CODES, FlowFabricError
from ff_core.errors.conflict import AlreadyMemberOfDifferentFlow
from ff_core.errors.state import UndeclaredCode

_OTHER_FLOW: Final = f"{AlreadyMemberOfDifferentFlow.code}:"


def error_for(code: str, details: Iterable[str] = ()) -> FlowFabricError:
    """The error of a refusal: an instance of the class that owns `code`, with its details (contract 08 §3).

    One code carries a value in itself, `already_member_of_different_flow:<flow id>`: its flow id becomes the
    first detail. A code that no class owns gives `UndeclaredCode`.
    """
    if code.startswith(_OTHER_FLOW):
        return AlreadyMemberOfDifferentFlow(code.removeprefix(_OTHER_FLOW), *details)
    owner = CODES.get(code)
    return UndeclaredCode(code, *details) if owner is None else owner(*details)
