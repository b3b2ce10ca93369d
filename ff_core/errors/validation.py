"""The input is wrong, or stored data cannot be read."""

from __future__ import annotations

from ff_core.errors.buckets import ValidationError


class InvalidInput(ValidationError, code="invalid_input"):
    """An argument has the wrong form."""

    def __str__(self) -> str:
        return ": ".join(self.details) or super().__str__()


class Corruption(ValidationError, code="corruption"):
    """Stored data cannot be read: it was damaged, or written by something that is not FlowFabric."""


class HandleFromOtherBackend(ValidationError, code="handle_from_other_backend"):
    """The handle was issued by another backend. Use it where it was issued."""


class AdditionalWaitpointBindingMalformed(ValidationError, code="additional_waitpoint_binding_malformed"):
    """One of the further waitpoints of the suspension lacks its id or its key."""


class BudgetOverrideNotAllowed(ValidationError, code="budget_override_not_allowed"):
    """The caller may not override the budget."""


class CapabilityMismatch(ValidationError, code="capability_mismatch", details=("missing",)):
    """The worker lacks capabilities that the execution requires. Claim it from a worker that has them."""


class FenceRequired(ValidationError, code="fence_required"):
    """The call needs the lease: its id, its epoch and the attempt id. Claim the execution first."""


class HmacSecretNotInitialized(ValidationError, code="hmac_secret_not_initialized"):
    """The server has no secret for signing waitpoint tokens. Seed one, or rotate to a first key."""


class InvalidArgs(ValidationError, code="invalid_args"):
    """The flow id or the downstream execution id is empty."""


class InvalidBlockingReason(ValidationError, code="invalid_blocking_reason"):
    """An execution cannot be blocked at admission for this reason."""


class InvalidBudgetScope(ValidationError, code="invalid_budget_scope"):
    """The scope of the budget has the wrong form."""


class InvalidCapabilities(ValidationError, code="invalid_capabilities", details=("reason",)):
    """The capabilities break a rule: at most 256 and 4096 bytes, no commas, spaces or control characters."""


class InvalidDependency(ValidationError, code="invalid_dependency"):
    """The execution has no such dependency."""


class InvalidFrameType(ValidationError, code="invalid_frame_type"):
    """The frame has an unknown type. Use stdout, stderr, event or blob."""


class InvalidGraceMs(ValidationError, code="invalid_grace_ms"):
    """The grace period is no whole number of milliseconds from 0 to 2^53-1."""


class InvalidKeysMissingHmac(ValidationError, code="invalid_keys_missing_hmac"):
    """The call did not name the key of the token secrets. This is a mistake in the client."""


class InvalidKid(ValidationError, code="invalid_kid"):
    """The key id is empty or has a colon. Use a short word such as k2 or 2026-03."""


class InvalidLeaseForSuspend(ValidationError, code="invalid_lease_for_suspend"):
    """The attempt is not the current one. Stop the work: somebody else owns the execution now."""


class InvalidOffset(ValidationError, code="invalid_offset"):
    """The position in the stream has the wrong form."""


class InvalidPolicyJson(ValidationError, code="invalid_policy_json", details=("reason",)):
    """The policy is not a JSON document that can be used."""


class InvalidQuotaSpec(ValidationError, code="invalid_quota_spec"):
    """The quota policy has the wrong form."""


class InvalidResumeCondition(ValidationError, code="invalid_resume_condition", details=("reason",)):
    """The library cannot evaluate the condition. Build it with the types of ff_core."""


class InvalidSecret(ValidationError, code="invalid_secret"):
    """The secret that the server holds for signing tokens is not hexadecimal. Rotate to a new key."""


class InvalidSecretHex(ValidationError, code="invalid_secret_hex"):
    """The secret must be hexadecimal text of even length. Use 64 digits from a random source."""


class InvalidTagKey(ValidationError, code="invalid_tag_key", details=("key",)):
    """A tag key must be a name, a dot and more, in lower case, such as team.name."""


class InvalidToken(ValidationError, code="invalid_token"):
    """The token does not fit the waitpoint: it is mutilated, of another one, or signed with an old key."""


class InvalidWaitpointForExecution(ValidationError, code="invalid_waitpoint_for_execution"):
    """The waitpoint belongs to another execution or attempt."""


class InvalidWaitpointKey(ValidationError, code="invalid_waitpoint_key"):
    """The key is not the one of this waitpoint."""


class MissingToken(InvalidToken, code="missing_token"):
    """The signal came without a waitpoint token. Send the one that the suspension gave out."""


class PartialFenceTriple(ValidationError, code="partial_fence_triple"):
    """Lease id, lease epoch and attempt id go together: give all three or none."""


class PayloadTooLarge(ValidationError, code="payload_too_large"):
    """The payload of the signal is above 64 KiB. Store it elsewhere and send a reference."""


class RetentionLimitExceeded(ValidationError, code="retention_limit_exceeded"):
    """The frame is larger than the stream allows. Split it, or store it elsewhere and append a reference."""


class SignalLimitExceeded(ValidationError, code="signal_limit_exceeded"):
    """The execution holds as many signals as it may."""


class TokenExpired(InvalidToken, code="token_expired"):
    """The token was signed with a key whose grace is over. An operator or the timeout can still resume."""


class Unauthorized(ValidationError, code="unauthorized"):
    """The server did not accept the credentials."""


class UsePendingWithExtrasUnsupported(ValidationError, code="use_pending_with_extras_unsupported"):
    """A pending waitpoint cannot be combined with others. Suspend on fresh ones, or on it alone."""


class WaitpointNotTokenBound(ValidationError, code="waitpoint_not_token_bound"):
    """The waitpoint was stored without a token, so it cannot be used. Create a new one."""
