"""Which execution or waitpoint is meant."""

from __future__ import annotations

from typing import Final, Protocol, runtime_checkable

from ff_core.client import Client
from ff_core.errors import InvalidInput
from ff_core.types import ExecutionId, WaitpointId


@runtime_checkable
class HasId(Protocol):
    """A run, a task, or an answer of a command."""

    @property
    def id(self) -> str:
        """The execution's id."""
        ...


_UUID_LENGTH: Final = 36

Target = str | HasId
"""An id, any unique beginning of its UUID, or what has an id."""


def execution(client: Client, target: Target) -> ExecutionId:
    """The execution that is meant. Raises InvalidInput unless there is exactly one."""
    return client.find(target if isinstance(target, str) else target.id)


def waiting(client: Client, target: Target) -> ExecutionId | WaitpointId:
    """The waitpoint that is meant, or the execution. Raises InvalidInput when that is not clear."""
    text = target if isinstance(target, str) else target.id
    named: set[ExecutionId | WaitpointId] = set()
    for row in client.pending_waitpoints():
        if row.execution_id == text or row.execution_id.uuid.startswith(text.lower()):
            named.add(row.execution_id)
        if row.waitpoint_id.startswith(text.lower()):
            named.add(row.waitpoint_id)
    if text and len(named) > 1:
        raise InvalidInput(f"{len(named)} that wait for a decision begin with {text!r}; give more of the id")
    return named.pop() if text and named else _decided(client, text)


def _decided(client: Client, text: str) -> ExecutionId | WaitpointId:
    """What waits for no decision, so that the client can say why."""
    try:
        return client.find(text)
    except InvalidInput:
        if len(text) != _UUID_LENGTH:
            raise
        return WaitpointId(text)
