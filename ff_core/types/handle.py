"""Handles: what a worker holds while it works on an attempt, and the bytes inside (contract 01 §9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from ff_core.errors import Corruption, HandleFromOtherBackend, InvalidInput
from ff_core.types.ids import AttemptId, ExecutionId, LaneId, LeaseId, WorkerInstanceId

T = TypeVar("T")

_MAGIC: Final = 2
_WIRE_VERSION: Final = 1
_V1: Final = 1
"""The first byte of what release 0.3.1 wrote; the fields follow at once, and the backend is Valkey."""


class BackendTag(StrEnum):
    """Which kind of backend issued a handle. Ours is always Valkey; the others are recognised and refused."""

    VALKEY = "Valkey"
    POSTGRES = "Postgres"
    SQLITE = "Sqlite"


_BACKEND_BYTES: Final = {BackendTag.VALKEY: 1, BackendTag.POSTGRES: 2, BackendTag.SQLITE: 3}
_BACKENDS: Final = {byte: tag for tag, byte in _BACKEND_BYTES.items()}


class HandleKind(StrEnum):
    """How the holder came by the handle. It is not inside the bytes."""

    FRESH = "Fresh"
    """A claim that started an attempt."""
    RESUMED = "Resumed"
    """A claim that goes on with an interrupted attempt."""
    SUSPENDED = "Suspended"
    """A suspension: the lease is gone, the handle only names the attempt."""
    RECLAIMED = "Reclaimed"
    """A claim in place of a lost worker."""


@dataclass(frozen=True, slots=True, repr=False)
class HandleOpaque:
    """The bytes of a handle. Only backends look inside."""

    _bytes: bytes

    def as_bytes(self) -> bytes:
        """The bytes as they are stored and sent."""
        return self._bytes

    def __repr__(self) -> str:
        return f"HandleOpaque({len(self._bytes)} bytes)"


@dataclass(frozen=True, slots=True)
class Handle:
    """A worker's hold on one attempt. Worker calls take it, again and again if need be."""

    backend: BackendTag
    kind: HandleKind
    opaque: HandleOpaque

    def to_json(self) -> dict[str, Any]:
        """The document form."""
        return {
            "backend": self.backend.value,
            "kind": self.kind.value,
            "opaque": list(self.opaque.as_bytes()),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Handle:
        """The handle in its document form. Raises InvalidInput."""
        try:
            opaque = HandleOpaque(bytes(document["opaque"]))
            return cls(BackendTag(document["backend"]), HandleKind(document["kind"]), opaque)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput("handle document is not of the form backend, kind, opaque") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleFields:
    """What the bytes of a handle say."""

    execution_id: ExecutionId
    attempt_index: int
    attempt_id: AttemptId
    lease_id: LeaseId
    lease_epoch: int
    lease_ttl_ms: int
    lane_id: LaneId
    worker_instance_id: WorkerInstanceId


def encode_handle(fields: HandleFields, kind: HandleKind) -> Handle:
    """The handle that says `fields`, issued by this backend."""
    return Handle(BackendTag.VALKEY, kind, encode_opaque(fields, BackendTag.VALKEY))


def decode_handle(handle: Handle) -> HandleFields:
    """What `handle` says. Raises HandleFromOtherBackend, and Corruption for bytes that are not a handle's."""
    _check_backend(handle.backend)
    embedded, fields = decode_opaque(handle.opaque)
    _check_backend(embedded, " (embedded tag)")
    return fields


def _check_backend(actual: BackendTag, where: str = "") -> None:
    if actual is not BackendTag.VALKEY:
        raise HandleFromOtherBackend(f"expected={BackendTag.VALKEY} actual={actual}{where}")


def encode_opaque(fields: HandleFields, backend: BackendTag) -> HandleOpaque:
    """Bytes of version 2."""
    return HandleOpaque(
        b"".join(
            (
                bytes((_MAGIC, _WIRE_VERSION, _BACKEND_BYTES[backend])),
                _string(fields.execution_id),
                fields.attempt_index.to_bytes(4, "little"),
                _string(fields.attempt_id),
                _string(fields.lease_id),
                fields.lease_epoch.to_bytes(8, "little"),
                fields.lease_ttl_ms.to_bytes(8, "little"),
                _string(fields.lane_id),
                _string(fields.worker_instance_id),
            )
        )
    )


def _string(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(4, "little") + data


def decode_opaque(opaque: HandleOpaque) -> tuple[BackendTag, HandleFields]:
    """The backend and the fields that bytes of version 1 or 2 say. Raises Corruption."""
    reader = _Reader(opaque.as_bytes())
    backend = _read_head(reader)
    fields = HandleFields(
        execution_id=reader.parsed("execution_id", ExecutionId),
        attempt_index=reader.number(4),
        attempt_id=reader.parsed("attempt_id", AttemptId),
        lease_id=reader.parsed("lease_id", LeaseId),
        lease_epoch=reader.number(8),
        lease_ttl_ms=reader.number(8),
        lane_id=LaneId.unchecked(reader.string("lane_id")),
        worker_instance_id=WorkerInstanceId(reader.string("worker_instance_id")),
    )
    reader.finish()
    return backend, fields


def _read_head(reader: _Reader) -> BackendTag:
    version = reader.number(1)
    if version == _V1:
        return BackendTag.VALKEY
    if version != _MAGIC:
        text = f"handle v1 version byte {version:#x} not recognised (expected {_V1:#x})"
        raise _corruption("BadV1Version", text, {"got": version})
    wire = reader.number(1)
    if wire != _WIRE_VERSION:
        raise _corruption("BadWireVersion", f"handle v2 wire-version byte {wire:#x} not recognised", {"got": wire})
    backend = reader.number(1)
    if backend not in _BACKENDS:
        raise _corruption("BadBackendTag", f"handle backend-tag byte {backend:#x} not recognised", {"got": backend})
    return _BACKENDS[backend]


class _Reader:
    """Reads the bytes of a handle from left to right; the first fault ends it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, needed: int) -> bytes:
        at, have = self._at, len(self._data)
        if have - at < needed:
            text = f"truncated handle: needed {needed} bytes at offset {at}, have {have}"
            raise _corruption("Truncated", text, {"needed": needed, "at": at, "have": have})
        self._at += needed
        return self._data[at : self._at]

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "little")

    def string(self, field: str) -> str:
        data = self.take(self.number(4))
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            text = f"handle field `{field}` is not valid UTF-8"
            raise _corruption("InvalidUtf8", text, {"field": field}) from error

    def parsed(self, field: str, read: Callable[[str], T]) -> T:
        text = self.string(field)
        try:
            return read(text)
        except InvalidInput as error:
            message = f"handle field `{field}` parse failed: {error}"
            raise _corruption("ParseField", message, {"field": field}) from error

    def finish(self) -> None:
        if self._at != len(self._data):
            pos, length = self._at, len(self._data)
            text = f"trailing bytes in handle: pos={pos}, len={length}"
            raise _corruption("TrailingBytes", text, {"pos": pos, "len": length})


def _corruption(fault: str, text: str, carries: Mapping[str, object]) -> Corruption:
    return Corruption(f"handle_codec: {text}", fault=fault, carries=carries)
