"""Claiming work: what a worker can do, how long it waits, and what entitles it (contract 01 §8, §18)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

from ff_core.errors import InvalidInput
from ff_core.types.ids import ExecutionId, LaneId, LeaseId, WorkerId, WorkerInstanceId
from ff_core.types.partition import PartitionKey
from ff_core.types.text import quoted
from ff_core.types.time import Duration, TimestampMs, duration_ms

_MAX_TOKENS: Final = 256
_MAX_BYTES: Final = 4096


@dataclass(frozen=True, slots=True, init=False)
class CapabilitySet:
    """The capabilities that a worker has or an execution requires, as they were given."""

    tokens: tuple[str, ...]

    def __init__(self, tokens: Iterable[str] = ()) -> None:
        """Raises InvalidInput for a list that the library would refuse (contract 01 §8)."""
        if isinstance(tokens, str):
            raise InvalidInput(f"capabilities are a list of words; write [{quoted(tokens)}]")
        object.__setattr__(self, "tokens", tuple(tokens))
        for token in self.tokens:
            _check_token(token)
        if len(self.tokens) > _MAX_TOKENS:
            raise InvalidInput(f"{len(self.tokens)} capabilities; at most {_MAX_TOKENS} fit", fault="too_many_tokens")
        size = len(self.csv.encode())
        if size > _MAX_BYTES:
            raise InvalidInput(f"capabilities of {size} bytes; at most {_MAX_BYTES} fit", fault="too_many_bytes")

    @classmethod
    def new(cls, tokens: Iterable[str]) -> Self:
        """The same as the constructor."""
        return cls(tokens)

    @property
    def csv(self) -> str:
        """The list as it is sent: sorted, without duplicates, joined by commas."""
        return ",".join(sorted(set(self.tokens)))

    def is_empty(self) -> bool:
        """Whether there are none."""
        return not self.tokens

    def missing(self, required_csv: str) -> tuple[str, ...]:
        """Which capabilities of a stored list are not in this set, sorted; none means that it will do."""
        return tuple(sorted({token for token in required_csv.split(",") if token} - set(self.tokens)))


def _check_token(token: str) -> None:
    if not token:
        raise InvalidInput("a capability is empty; leave it out", fault="empty_token")
    if "," in token:
        raise InvalidInput(f"capability {quoted(token)} has a comma; give two", fault="comma_in_token")
    if any(character.isspace() or not character.isprintable() for character in token):
        message = f"capability {quoted(token)} has a space or control character; use a word"
        raise InvalidInput(message, fault="control_or_whitespace")


@dataclass(frozen=True, slots=True)
class ClaimPolicy:
    """How long a claim waits for work."""

    max_wait: timedelta | None = None
    """None: look once and come back."""

    @classmethod
    def immediate(cls) -> Self:
        """Look once and come back."""
        return cls()

    @classmethod
    def with_max_wait(cls, max_wait: Duration) -> Self:
        """Wait up to `max_wait` (seconds, a timedelta, or a text like "5s"). Raises InvalidInput."""
        return cls(timedelta(milliseconds=duration_ms(max_wait)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimGrant:
    """The right of one worker to claim one execution, for a few seconds."""

    execution_id: ExecutionId
    partition_key: PartitionKey
    grant_key: str
    expires_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeGrant:
    """The right of one worker to go on with one resumed execution, for a few seconds."""

    execution_id: ExecutionId
    partition_key: PartitionKey
    grant_key: str
    expires_at_ms: int
    lane_id: LaneId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReclaimGrant:
    """The right of one worker to take over one execution whose worker was lost, for a few seconds."""

    execution_id: ExecutionId
    partition_key: PartitionKey
    grant_key: str
    expires_at_ms: int
    lane_id: LaneId


@dataclass(frozen=True, slots=True)
class ReclaimToken:
    """What `claim_from_reclaim` takes."""

    grant: ReclaimGrant


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeToken:
    """A resume grant with the worker that will use it."""

    grant: ResumeGrant
    worker_id: WorkerId
    worker_instance_id: WorkerInstanceId
    lease_ttl_ms: int


@dataclass(frozen=True, slots=True)
class LeaseRenewal:
    """A lease after its renewal."""

    expires_at_ms: int
    lease_epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiredLeaseInfo:
    """A lease that ran out; its execution can be reclaimed."""

    execution_id: ExecutionId
    lease_id: LeaseId
    lease_epoch: int
    worker_instance_id: WorkerInstanceId
    expires_at_ms: TimestampMs
    attempt_index: int
