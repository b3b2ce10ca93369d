"""Resume conditions: which signals end a suspension (contract 01 §14.2, 04 §3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

from ff_core.errors import InvalidInput

OPERATOR_ONLY: Final = "__operator_only__"
TIMEOUT_ONLY: Final = "__timeout_only__"
_SENTINELS: Final = frozenset({OPERATOR_ONLY, TIMEOUT_ONLY})
"""Names that stand for "no signal" on the wire. A signal of that name would resume on libraries of 0.15."""

MAX_DEPTH: Final = 4


class CountKind(StrEnum):
    """What a `Count` counts."""

    DISTINCT_WAITPOINTS = "DistinctWaitpoints"
    DISTINCT_SIGNALS = "DistinctSignals"
    DISTINCT_SOURCES = "DistinctSources"


@dataclass(frozen=True, slots=True)
class ByName:
    """Matches signals of one name."""

    name: str

    def to_wire(self) -> dict[str, Any]:
        """The matcher as the library reads it."""
        return {"kind": "ByName", "name": self.name}


@dataclass(frozen=True, slots=True)
class Wildcard:
    """Matches every signal."""

    def to_wire(self) -> dict[str, Any]:
        """The matcher as the library reads it."""
        return {"kind": "Wildcard"}


SignalMatcher: TypeAlias = ByName | Wildcard


@dataclass(frozen=True, slots=True)
class Single:
    """Met by one matching signal on one waitpoint."""

    waitpoint_key: str
    matcher: SignalMatcher

    def to_wire(self, timeout_behavior: str) -> dict[str, Any]:
        """The document that suspend sends."""
        names = [self.matcher.name] if isinstance(self.matcher, ByName) else []
        return _plain(timeout_behavior, names, "any")

    def node(self, path: str) -> dict[str, Any]:
        """The condition as a node of a tree."""
        return {
            "kind": "Single",
            "path": path,
            "waitpoint_key": self.waitpoint_key,
            "matcher": self.matcher.to_wire(),
        }


@dataclass(frozen=True, slots=True)
class OperatorOnly:
    """Met by no signal; an operator has to resume the execution."""

    def to_wire(self, timeout_behavior: str) -> dict[str, Any]:
        """The document that suspend sends."""
        return _plain(timeout_behavior, [OPERATOR_ONLY], "all")

    def node(self, path: str) -> dict[str, Any]:
        """The condition as a node of a tree."""
        return {"kind": "NeverBySignal", "path": path}


@dataclass(frozen=True, slots=True)
class TimeoutOnly:
    """Met by no signal; the suspension ends when its time is over."""

    def to_wire(self, timeout_behavior: str) -> dict[str, Any]:
        """The document that suspend sends."""
        return _plain(timeout_behavior, [TIMEOUT_ONLY], "all")

    def node(self, path: str) -> dict[str, Any]:
        """The condition as a node of a tree."""
        return {"kind": "NeverBySignal", "path": path}


@dataclass(frozen=True, slots=True)
class AllOf:
    """Met when every member is."""

    members: tuple[ResumeCondition, ...]

    def node(self, path: str) -> dict[str, Any]:
        """The body as a node of a tree."""
        members = [member.node(_below(path, i)) for i, member in enumerate(self.members)]
        return {"kind": "AllOf", "path": path, "members": members}


@dataclass(frozen=True, slots=True)
class Count:
    """Met by `n` different waitpoints, signals or sources. "Any of" is a count of one waitpoint."""

    n: int
    count_kind: CountKind
    waitpoints: tuple[str, ...]
    """Keys of the waitpoints whose signals count."""
    matcher: SignalMatcher | None = None

    def node(self, path: str) -> dict[str, Any]:
        """The body as a node of a tree."""
        return {
            "kind": "Count",
            "path": path,
            "n": self.n,
            "count_kind": self.count_kind.value,
            "matcher": None if self.matcher is None else self.matcher.to_wire(),
            "waitpoints": list(self.waitpoints),
        }


@dataclass(frozen=True, slots=True)
class Composite:
    """A condition made of others."""

    body: AllOf | Count

    def to_wire(self, timeout_behavior: str) -> dict[str, Any]:
        """The document that suspend sends."""
        return {
            "v": 1,
            "composite": True,
            **_outer(timeout_behavior, "composite", [], "composite"),
            "tree": self.body.node(""),
        }

    def node(self, path: str) -> dict[str, Any]:
        """The condition as a node of a tree."""
        return self.body.node(path)


ResumeCondition: TypeAlias = Single | OperatorOnly | TimeoutOnly | Composite


def _outer(timeout_behavior: str, kind: str, names: list[str], mode: str) -> dict[str, Any]:
    return {
        "condition_type": kind,
        "required_signal_names": names,
        "signal_match_mode": mode,
        "minimum_signal_count": 1,
        "timeout_behavior": str(timeout_behavior),
        "allow_operator_override": True,
    }


def _plain(timeout_behavior: str, names: list[str], mode: str) -> dict[str, Any]:
    return _outer(timeout_behavior, "signal_set", names, mode)


def _below(path: str, place: int) -> str:
    return f"{path}.members[{place}]" if path else f"members[{place}]"


def waitpoint_keys(condition: ResumeCondition) -> Iterator[str]:
    """The waitpoint keys that `condition` names, in its order, some perhaps twice."""
    for part in _signal_parts(condition):
        yield from (part.waitpoint_key,) if isinstance(part, Single) else part.waitpoints


def _signal_parts(condition: ResumeCondition) -> Iterator[Single | Count]:
    """The parts of a condition that signals can meet, in its order."""
    if isinstance(condition, Single):
        yield condition
    elif isinstance(condition, Composite):
        if isinstance(condition.body, Count):
            yield condition.body
        else:
            for member in condition.body.members:
                yield from _signal_parts(member)


def check_signal_names(condition: ResumeCondition) -> None:
    """Refuse empty names and the two that stand for "no signal" (contract 04 §3.5, §12 D13)."""
    names = [part.matcher.name for part in _signal_parts(condition) if isinstance(part.matcher, ByName)]
    if "" in names:
        raise InvalidInput("resume_condition: empty signal name (use Wildcard instead)")
    for name in _SENTINELS.intersection(names):
        raise InvalidInput(f"resume_condition: reserved signal name {name}")


def check_composite(condition: ResumeCondition) -> None:
    """Refuse trees that are too deep or can never be met (contract 04 §3.5)."""
    if isinstance(condition, Composite):
        _check_body(condition.body, "", 1)


def _check_body(body: AllOf | Count, path: str, depth: int) -> None:
    at = f"at path {path or '<root>'}"
    if depth > MAX_DEPTH:
        raise InvalidInput(f"depth {depth} exceeds cap {MAX_DEPTH} {at}")
    if isinstance(body, Count):
        _check_count(body, at)
        return
    if not body.members:
        raise InvalidInput(f"allof_empty_members {at}")
    for place, member in enumerate(body.members):
        if isinstance(member, Composite):
            _check_body(member.body, _below(path, place), depth + 1)


def _check_count(count: Count, at: str) -> None:
    size = len(count.waitpoints)
    if count.n < 1:
        raise InvalidInput(f"count_n_zero {at}")
    if not size:
        raise InvalidInput(f"count_waitpoints_empty {at}")
    if count.count_kind is CountKind.DISTINCT_WAITPOINTS and count.n > size:
        raise InvalidInput(f"count_exceeds_waitpoint_set: n={count.n} > waitpoints.len()={size} {at}")
