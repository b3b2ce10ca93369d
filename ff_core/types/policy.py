"""Policies: the documents that say how an execution is retried, reclaimed and routed (contract 01 §7)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeAlias

import pydantic
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ff_core.errors import InvalidInput
from ff_core.types.ids import BudgetId
from ff_core.types.time import TimestampMs

_I32 = Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31)]
_U32 = Annotated[int, Field(strict=True, ge=0, lt=2**32)]
_U64 = Annotated[int, Field(strict=True, ge=0, lt=2**64)]


class Policy(BaseModel):
    """A policy document. Fields that it does not know are ignored on reading, as the library does."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The policy in its JSON form. Raises InvalidInput, which names the first field that is wrong."""
        try:
            return cls.model_validate_json(text)
        except pydantic.ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "document"
            raise InvalidInput(f"{cls.__name__}: {where}: {first['msg']}") from error

    def to_dict(self) -> dict[str, Any]:
        """The document. Unset optional fields are left out: the library takes null for a value."""
        return self.model_dump(mode="json", exclude_none=True)

    def to_json(self) -> str:
        """The document as it is sent."""
        return self.model_dump_json(exclude_none=True)


class FixedBackoff(Policy):
    """The same delay before every retry."""

    type: Literal["fixed"] = "fixed"
    delay_ms: _U64


class ExponentialBackoff(Policy):
    """A delay that is multiplied from retry to retry, up to a limit."""

    type: Literal["exponential"] = "exponential"
    initial_delay_ms: _U64
    max_delay_ms: _U64
    multiplier: float
    jitter: bool = False


Backoff: TypeAlias = Annotated[FixedBackoff | ExponentialBackoff, Field(discriminator="type")]

_USUAL_BACKOFF = ExponentialBackoff(initial_delay_ms=1_000, max_delay_ms=60_000, multiplier=2.0)


class RetryPolicy(Policy):
    """How often and after which delays a failed execution is tried again."""

    max_retries: _U32 = 3
    backoff: Backoff = _USUAL_BACKOFF
    retryable_categories: tuple[str, ...] = ()


class TimeoutPolicy(Policy):
    """How long an attempt and the whole execution may take."""

    attempt_timeout_ms: _U64 | None = None
    execution_deadline_ms: _U64 | None = None
    max_reclaim_count: _U32 = 100


class SuspensionPolicy(Policy):
    """What holds for suspensions that do not say otherwise."""

    default_timeout_ms: _U64 | None = None
    timeout_behavior: str = "fail"


class FallbackTier(Policy):
    """One of the models to fall back to."""

    provider: str
    model: str
    timeout_ms: _U64 | None = None


class FallbackPolicy(Policy):
    """Models to fall back to, in order."""

    tiers: tuple[FallbackTier, ...]


def _sorted_set(tokens: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(tokens)))


class RoutingRequirements(Policy):
    """What a worker needs to be able to claim the execution."""

    required_capabilities: Annotated[tuple[str, ...], AfterValidator(_sorted_set)] = ()
    preferred_locality: str | None = None
    isolation_level: str | None = None


class StreamPolicy(Policy):
    """How long the output of an attempt is kept."""

    durability_mode: str = "buffered"
    retention_maxlen: _U64 = 10_000
    retention_ttl_ms: _U64 | None = None


class ExecutionPolicy(Policy):
    """Everything that an execution is submitted with besides its payload."""

    priority: _I32 = 0
    delay_until: TimestampMs | None = None
    retry_policy: RetryPolicy | None = None
    """Without one a failure is final."""
    timeout_policy: TimeoutPolicy | None = None
    max_reclaim_count: _U32 = 100
    suspension_policy: SuspensionPolicy | None = None
    fallback_policy: FallbackPolicy | None = None
    max_replay_count: _U32 = 10
    budget_ids: tuple[BudgetId, ...] = ()
    routing_requirements: RoutingRequirements | None = None
    dedup_window_ms: _U64 | None = None
    stream_policy: StreamPolicy | None = None
    max_signals_per_execution: _U32 = 10_000
