"""Signals: what is sent to a waitpoint and what comes of it (contract 01 §14.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ff_core.types.ids import SignalId, WaitpointId
from ff_core.types.time import TimestampMs
from ff_core.types.token import WaitpointToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A message to a waitpoint."""

    signal_id: SignalId
    waitpoint_id: WaitpointId
    signal_name: str
    token: WaitpointToken
    signal_category: str = "default"
    source_type: str = "external"
    source_identity: str = ""
    payload: bytes | None = None
    payload_encoding: str = "json"
    correlation_id: str = ""
    idempotency_key: str = ""
    target_scope: str = "execution"
    created_at: TimestampMs | None = None
    dedup_ttl_ms: int = 86_400_000
    resume_delay_ms: int = 0
    signal_maxlen: int = 1_000
    max_signals: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeSignal:
    """A signal that had part in resuming an execution."""

    signal_id: SignalId
    signal_name: str
    signal_category: str
    source_type: str
    source_identity: str
    correlation_id: str
    accepted_at: TimestampMs
    """When the server accepted it; 0 where that is not known."""
    payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class SignalAccepted:
    """The signal was stored."""

    signal_id: SignalId
    effect: str
    """What it did, in the word of the wire, such as ``resume_condition_satisfied`` (contract 04 §2.5)."""


@dataclass(frozen=True, slots=True)
class SignalDuplicate:
    """A signal with the same idempotency key was there before."""

    existing_signal_id: SignalId


DeliverSignalResult: TypeAlias = SignalAccepted | SignalDuplicate
