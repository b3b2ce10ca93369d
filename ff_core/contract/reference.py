"""``python -m ff_core.contract.reference`` prints the reference page: functions, states, errors and keys."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from ff_core import keys
from ff_core.contract import CONTRACT_VERSION, EXTENSION_FUNCTIONS, EXTENSION_LIBRARY, FUNCTIONS
from ff_core.contract.model import Arg, Function, Key, Layout, Table
from ff_core.errors import CODES
from ff_core.types import (
    AttemptState,
    BlockingReason,
    EligibilityState,
    LifecyclePhase,
    OwnershipState,
    PublicState,
    StateVector,
    TerminalOutcome,
)

HEAD = f"""\
# Reference

The wire contract of FlowFabric, version {CONTRACT_VERSION}, as this package holds it in data. Made by
`make reference`; do not edit.
"""


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join([HEAD, *_functions(), *_states(), *_errors(), *_keys()])


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    columns = list(head)
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _functions() -> Iterator[str]:
    for title, functions in (("Functions", FUNCTIONS), (f"Functions of {EXTENSION_LIBRARY}", EXTENSION_FUNCTIONS)):
        yield f"## {title}\n"
        for function in sorted(functions.values(), key=lambda function: function.name):
            yield from _function(function)


def _function(function: Function) -> Iterator[str]:
    yield f"### {function.name}\n\n{function.about} (contract {function.source})\n"
    if function.keys:
        yield f"Keys: {_listed(map(_key, function.keys))}\n"
    if function.rest_keys:
        yield f"Further keys, for each trailing group: {_listed(map(_key, function.rest_keys))}\n"
    if function.args:
        yield f"Arguments: {_listed(map(_arg, function.args))}\n"
    if function.rest_args:
        yield f"Further arguments, in groups: {_listed(f'`{name}`' for name in function.rest_args)}\n"
    if function.each:
        yield f"Then, for each call: {_listed(map(_arg, function.each))}\n"
    if function.table:
        yield from _rows(function.table)
    for status, fields in function.replies.items():
        yield f"Answers `{status}`{' with ' if fields else ''}{', '.join(f'`{field}`' for field in fields)}\n"
    if function.errors:
        yield f"Refuses with {', '.join(f'`{code}`' for code in function.errors)}\n"


def _rows(table: Table) -> Iterator[str]:
    layout = {Layout.ROWS: "row by row", Layout.COLUMNS: "column by column"}[table.layout]
    yield f"Then `{table.count}` and that many rows, {layout}: {_listed(map(_arg, table.columns))}\n"
    if table.after:
        yield f"Then {_listed(map(_arg, table.after))}\n"


def _listed(items: Iterable[str]) -> str:
    return ", ".join(f"{place} {item}" for place, item in enumerate(items, 1))


def _key(key: Key) -> str:
    choices = " or ".join(f"`{name}`" for name in key.patterns)
    return choices if key.patterns == (key.name,) else f"`{key.name}` ({choices})"


def _arg(arg: Arg) -> str:
    default = "" if arg.default is None else f", missing means `{arg.default}`"
    return f"`{arg.name}` ({arg.kind.value}{default})"


def _states() -> Iterator[str]:
    yield "## States\n"
    yield "The public state follows from the phase first (contract 01 §6); a dash stands for any value.\n"
    yield from _table(("lifecycle phase", "then", "public state"), _derivations())
    dimensions = (
        LifecyclePhase,
        OwnershipState,
        EligibilityState,
        BlockingReason,
        TerminalOutcome,
        AttemptState,
        PublicState,
    )
    yield from _table(
        ("dimension", "words"),
        ((dimension.__name__, ", ".join(word.value for word in dimension)) for dimension in dimensions),
    )


def _derivations() -> Iterator[tuple[str, str, str]]:
    for phase in LifecyclePhase:
        decisive: Iterable[TerminalOutcome | EligibilityState] = ()
        if phase is LifecyclePhase.TERMINAL:
            decisive = TerminalOutcome
        elif phase is LifecyclePhase.RUNNABLE:
            decisive = EligibilityState
        if not decisive:
            yield phase.value, "-", _vector(phase).derive_public().value
        for word in decisive:
            yield phase.value, word.value, _vector(phase, word).derive_public().value


def _vector(phase: LifecyclePhase, word: TerminalOutcome | EligibilityState | None = None) -> StateVector:
    return StateVector(
        lifecycle_phase=phase,
        ownership_state=OwnershipState.UNOWNED,
        eligibility_state=word if isinstance(word, EligibilityState) else EligibilityState.NOT_APPLICABLE,
        blocking_reason=BlockingReason.NONE,
        terminal_outcome=word if isinstance(word, TerminalOutcome) else TerminalOutcome.NONE,
        attempt_state=AttemptState.NONE,
        public_state=PublicState.WAITING,
    )


def _errors() -> Iterator[str]:
    yield "## Errors\n"
    rows = (
        (f"`{code}`", error.__name__, str(error.bucket), str(error.error_class), _one_line(error.__doc__))
        for code, error in sorted(CODES.items())
    )
    yield from _table(("code", "raised as", "bucket", "class", "what it says"), rows)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _keys() -> Iterator[str]:
    yield "## Keys\n"
    yield f"{(keys.__doc__ or '').partition('::')[0].strip().splitlines()[0]}\n"
    yield from _table(("name", "pattern"), ((f"`{name}`", f"`{pattern}`") for name, pattern in keys.PATTERNS.items()))


if __name__ == "__main__":
    sys.stdout.write(page())
