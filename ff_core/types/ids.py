"""Ids and names (contract 01 §2). Each is a text and goes wherever a text goes; ids refuse bad ones."""

from __future__ import annotations

import re
import uuid
from typing import Final, Self

from ff_core.errors import InvalidInput
from ff_core.types.partition import MAX_INDEX, PartitionCounts, crc16, parse_index
from ff_core.types.text import Text, quoted

_HEX: Final = "[0-9a-fA-F]"
_GROUPS: Final = f"{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}"
_UUID: Final = re.compile(rf"{_HEX}{{32}}|{_GROUPS}|\{{{_GROUPS}\}}|urn:uuid:{_GROUPS}")


def _canonical(text: str) -> str | None:
    """The lower-case hyphenated form; `uuid.UUID` alone would take more spellings than the contract."""
    return str(uuid.UUID(text)) if _UUID.fullmatch(text) else None


class UuidId(Text):
    """An id that is a UUID. Its text is the lower-case hyphenated form, whichever form was given."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Take one of the four forms of a UUID (contract 01 §2.1). Raises InvalidInput for any other text."""
        canonical = _canonical(text)
        if canonical is None:
            example = "1f073a2a-2f67-4d5d-94bb-e92e7333c854"
            raise InvalidInput(f"{quoted(text)} is no {cls.__name__}; give a UUID such as {example}")
        return super().__new__(cls, canonical)

    @classmethod
    def new(cls) -> Self:
        """A fresh random id."""
        return cls(str(uuid.uuid4()))

    @property
    def raw(self) -> bytes:
        """Its 16 bytes, which decide the partition."""
        return bytes.fromhex(self.replace("-", ""))


class FlowId(UuidId):
    """Names a flow."""

    __slots__ = ()


class BudgetId(UuidId):
    """Names a budget."""

    __slots__ = ()


class QuotaPolicyId(UuidId):
    """Names a quota policy."""

    __slots__ = ()


class LeaseId(UuidId):
    """Names one tenure of a worker over an execution."""

    __slots__ = ()


class AttemptId(UuidId):
    """Names one attempt of an execution."""

    __slots__ = ()


class SignalId(UuidId):
    """Names one signal."""

    __slots__ = ()


class WaitpointId(UuidId):
    """Names a waitpoint, the place where an execution waits for signals."""

    __slots__ = ()


class SuspensionId(UuidId):
    """Names one suspension of an execution."""

    __slots__ = ()


class EdgeId(UuidId):
    """Names one dependency between two executions of a flow."""

    __slots__ = ()


class WorkerId(Text):
    """Names a kind of worker. Any text."""

    __slots__ = ()


class WorkerInstanceId(Text):
    """Names one running worker. Any text."""

    __slots__ = ()


class Namespace(Text):
    """Names a tenant or workspace. Any text; empty where there is none."""

    __slots__ = ()


class WaitpointKey(Text):
    """The name of a waitpoint inside a resume condition. Any text; no secret."""

    __slots__ = ()

    @classmethod
    def of(cls, waitpoint_id: WaitpointId) -> Self:
        """The key that a fresh waitpoint has by convention (contract 01 §4.3)."""
        return cls(f"wpk:{waitpoint_id}")


class IdempotencyKey(Text):
    """Two calls with the same key count as one. Any text; empty means no such promise."""

    __slots__ = ()


class LaneId(Text):
    """Names a lane, the queue that an execution waits in."""

    __slots__ = ()

    MAX_BYTES: Final = 64

    def __new__(cls, text: str) -> Self:
        """Raises InvalidInput with fault Empty, TooLong or NonPrintable (contract 01 §2.2)."""
        data = text.encode()
        advice = f"use 1 to {cls.MAX_BYTES} printable ASCII characters"
        if not data:
            raise InvalidInput(f"lane id is empty; {advice}", fault="Empty")
        if len(data) > cls.MAX_BYTES:
            raise InvalidInput(f"lane id has {len(data)} bytes; {advice}", fault="TooLong", carries=len(data))
        for index, byte in enumerate(data):
            if not ord(" ") <= byte <= ord("~"):
                message = f"lane id {quoted(text)} has byte {byte:#04x} at {index}; {advice}"
                raise InvalidInput(message, fault="NonPrintable", carries=index)
        return super().__new__(cls, text)

    @classmethod
    def unchecked(cls, text: str) -> Self:
        """A lane as it stands in a handle, where nobody checks it (contract 01 §9)."""
        return super().__new__(cls, text)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self).unchecked, (str(self),)


class ExecutionId(Text):
    """Names an execution and its partition, such as ``{fp:7}:1f073a2a-2f67-4d5d-94bb-e92e7333c854``.

    The text is kept as given, so two spellings of one UUID are two ids.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Raises InvalidInput: MissingTag, InvalidPartitionIndex or InvalidUuid (contract 01 §2.3)."""
        _read_execution_id(text)
        return super().__new__(cls, text)

    @classmethod
    def solo(cls, lane: LaneId, counts: PartitionCounts) -> Self:
        """A fresh id for an execution without a flow; its lane decides the partition."""
        return cls.deterministic_solo(lane, counts, uuid.uuid4())

    @classmethod
    def for_flow(cls, flow_id: FlowId, counts: PartitionCounts) -> Self:
        """A fresh id for a member of a flow; it lives in the partition of the flow."""
        return cls.deterministic_for_flow(flow_id, counts, uuid.uuid4())

    @classmethod
    def deterministic_solo(cls, lane: LaneId, counts: PartitionCounts, chosen: uuid.UUID) -> Self:
        """The same as `solo` with the caller's UUID, so that submitting twice creates one execution."""
        return cls(f"{{fp:{crc16(lane.encode()) % counts.flow}}}:{chosen}")

    @classmethod
    def deterministic_for_flow(cls, flow_id: FlowId, counts: PartitionCounts, chosen: uuid.UUID) -> Self:
        """The same as `for_flow` with the caller's UUID, so that submitting twice creates one execution."""
        return cls(f"{{fp:{crc16(flow_id.raw) % counts.flow}}}:{chosen}")

    @property
    def partition_index(self) -> int:
        """The index of its partition, whatever the partition count of a server."""
        return _read_execution_id(self)[0]

    @property
    def tag(self) -> str:
        """The hash tag of its partition, such as ``{fp:7}``."""
        return f"{{fp:{self.partition_index}}}"

    @property
    def uuid(self) -> str:
        """Its UUID, lower-case and hyphenated."""
        return _read_execution_id(self)[1]


def _read_execution_id(text: str) -> tuple[int, str]:
    start, end = "{fp:", "}:"
    stop = text.find(end, len(start))
    advice = "write it like {fp:7}:1f073a2a-2f67-4d5d-94bb-e92e7333c854"
    if not text.startswith(start) or stop < 0:
        message = f"execution id {quoted(text)} has no partition tag; {advice}"
        raise InvalidInput(message, fault="MissingTag", carries=text)
    number = text[len(start) : stop]
    index = parse_index(number)
    if index is None:
        message = f"execution id {quoted(text)} has no partition index from 0 to {MAX_INDEX}; {advice}"
        raise InvalidInput(message, fault="InvalidPartitionIndex", carries=number)
    rest = text[stop + len(end) :]
    canonical = _canonical(rest)
    if canonical is None:
        message = f"execution id {quoted(text)} has no UUID behind its tag; {advice}"
        raise InvalidInput(message, fault="InvalidUuid", carries=rest)
    return index, canonical
