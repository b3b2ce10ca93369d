"""The clients' calls about completions, once: what callers write, turned into a reader or an op."""

from __future__ import annotations

from ff_core.client.arguments import Instant, instant
from ff_core.errors import InvalidInput
from ff_core.ops.completion import CompletionReader, Selection, keep_completions
from ff_core.ops.op import Op
from ff_core.ops.scope import Scope
from ff_core.types import LaneId, Namespace, ScannerFilter


def reader(
    scope: Scope,
    since: str | Instant | None,
    *,
    lane: str | None,
    kind: str | None,
    namespace: str | None,
    tag: tuple[str, str] | None,
) -> CompletionReader:
    """A reader of what a caller wants to hear of."""
    if tag is not None and len(tag) != len(("name", "value")):
        raise InvalidInput("a tag is a pair of name and value, such as ('team.name', 'a')")
    selection = Selection(
        filter=ScannerFilter(scope.namespace if namespace is None else Namespace(namespace), tag),
        lane=None if lane is None else LaneId(lane),
        kind=kind,
    )
    return CompletionReader(scope, selection, since if isinstance(since, str) else instant(since))


def keep(scope: Scope, count: int) -> Op[None]:
    """Keep about so many completions on each partition; 10,000 unless told. Who reads too late loses the oldest."""
    return keep_completions(scope, count)
