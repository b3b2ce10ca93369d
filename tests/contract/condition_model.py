"""Resume conditions in plain Python: what signals do to them, after contract 04 §4."""

from dataclasses import dataclass, field
from typing import Any, Final

RESERVED: Final = {"__operator_only__", "__timeout_only__"}


@dataclass(frozen=True, slots=True)
class Sent:
    """One signal: the waitpoint that it came in on (id and key), its id, name and source."""

    point: str
    key: str
    id: str
    name: str
    source: str


@dataclass(slots=True)
class PlainModel:
    """A list of names; the empty one stands for any."""

    names: list[str]
    mode: str
    minimum: int
    taken: dict[int, str] = field(default_factory=dict)

    def take(self, name: str, signal_id: str) -> str:
        """What a signal does: the effect."""
        for place, wanted in enumerate(self.names):
            if place not in self.taken and name not in RESERVED and wanted in ("", name):
                self.taken[place] = signal_id
                return "resume_condition_satisfied" if self.met else "appended_to_waitpoint"
        return "no_op"

    @property
    def met(self) -> bool:
        """Whether the execution goes on."""
        wanted = len(self.names) if self.mode == "all" else self.minimum
        return len(self.taken) >= max(wanted, 1)


@dataclass(slots=True)
class TreeModel:
    """A tree of nodes. Every node that signals can fill has its own satisfiers."""

    root: dict[str, Any]
    satisfiers: dict[str, set[str]] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)

    def take(self, sent: Sent) -> str:
        """What a signal does: the effect."""
        listeners = [(path, node) for path, node in _walk(self.root) if sent.key in _heard(node)]
        if not listeners:
            return "signal_ignored_not_in_condition"
        accepting = [(path, node) for path, node in listeners if _accepts(node, sent.name)]
        if not accepting:
            return "signal_ignored_matcher_failed"
        new = False
        for path, node in accepting:
            known = self.satisfiers.setdefault(path, set())
            satisfier = _satisfier(node, sent)
            new = new or satisfier not in known
            known.add(satisfier)
        if not new:
            return "appended_to_waitpoint_duplicate"
        self.counted.add(sent.id)
        return "resume_condition_satisfied" if self.met() else "appended_to_waitpoint"

    def met(self, path: str = "") -> bool:
        """Whether the node at `path` is."""
        node = dict(_walk(self.root))[path]
        known = self.satisfiers.get(path, set())
        match node["kind"]:
            case "Single":
                return bool(known)
            case "Count":
                return len(known) >= node["n"]
            case "AllOf":
                return all(self.met(_below(path, place)) for place in range(len(node["members"])))
            case _:
                return False

    def met_inside(self) -> set[str]:
        """Paths of the joining and counting nodes below the root that are met."""
        inner = {path for path, node in _walk(self.root) if path and node["kind"] in ("AllOf", "Count")}
        return {path for path in inner if self.met(path)}


def _below(path: str, place: int) -> str:
    return f"{path}.members[{place}]" if path else f"members[{place}]"


def _walk(node: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    found = [(path, node)]
    for place, member in enumerate(node.get("members", [])):
        found += _walk(member, _below(path, place))
    return found


def _heard(node: dict[str, Any]) -> list[str]:
    return [node["waitpoint_key"]] if node["kind"] == "Single" else node.get("waitpoints", [])


def _accepts(node: dict[str, Any], name: str) -> bool:
    matcher = node["matcher"] or {"kind": "Wildcard"}
    return name not in RESERVED and (matcher["kind"] == "Wildcard" or matcher["name"] == name)


def _satisfier(node: dict[str, Any], sent: Sent) -> str:
    if node["kind"] == "Single":
        return "filled"
    kinds = {"DistinctWaitpoints": sent.point, "DistinctSignals": sent.id, "DistinctSources": sent.source}
    return kinds[node["count_kind"]]
