"""The public types of release 0.3.1 under their names, each test a twin of one in that release's own test module."""

import copy
from datetime import timedelta

import pytest

import ff_core.types
from ff_core.types import (
    Admitted,
    BackendConfig,
    BackendConnection,
    BackendRetry,
    BackendTag,
    BackendTimeouts,
    CancelFlowPolicy,
    CapabilitySet,
    ClaimPolicy,
    CompletionPayload,
    ExecutionId,
    FailureClass,
    FailureReason,
    FlowId,
    Frame,
    FrameKind,
    Handle,
    HandleKind,
    HandleOpaque,
    LaneId,
    LeaseRenewal,
    Namespace,
    NoWait,
    Partition,
    PartitionCounts,
    PartitionFamily,
    ReclaimGrant,
    ReclaimToken,
    Rejected,
    ResumeSignal,
    RetryScheduled,
    ScannerFilter,
    SignalId,
    TerminalFailed,
    Throttled,
    TimestampMs,
    UsageDimensions,
    WaitIndefinite,
    WaitpointHmac,
    WaitpointKind,
    WaitpointSpec,
    WaitpointToken,
    WaitTimeout,
)

SEED_NAMES = [
    "AdmissionDecision",
    "BackendConfig",
    "BackendConnection",
    "BackendRetry",
    "BackendTag",
    "BackendTimeouts",
    "CancelFlowPolicy",
    "CancelFlowWait",
    "CapabilitySet",
    "ClaimPolicy",
    "CompletionPayload",
    "FailOutcome",
    "FailureClass",
    "FailureReason",
    "Frame",
    "FrameKind",
    "Handle",
    "HandleKind",
    "HandleOpaque",
    "LeaseRenewal",
    "Namespace",
    "ReclaimGrant",
    "ReclaimToken",
    "ResumeSignal",
    "ScannerFilter",
    "TimestampMs",
    "UsageDimensions",
    "ValkeyConnection",
    "WaitpointHmac",
    "WaitpointKind",
    "WaitpointSpec",
    "WaitpointToken",
]

SOLO = ExecutionId.solo(LaneId("default"), PartitionCounts())


@pytest.mark.parametrize("name", SEED_NAMES)
def test_every_type_of_the_seed_is_offered(name: str):
    assert name in ff_core.types.__all__


def test_backend_tag_derives():
    a = BackendTag.VALKEY
    b = a
    assert a == b
    assert f"{a}" == "Valkey"


def test_handle_kind_derives():
    for kind in (HandleKind.FRESH, HandleKind.RESUMED, HandleKind.SUSPENDED):
        assert copy.copy(kind) == kind
        assert repr(kind)


def test_handle_opaque_roundtrips():
    data = bytes((1, 2, 3, 4))
    opaque = HandleOpaque(data)
    assert opaque.as_bytes() == data
    assert opaque == copy.copy(opaque)
    assert repr(opaque)


def test_handle_composes():
    handle = Handle(BackendTag.VALKEY, HandleKind.FRESH, HandleOpaque(bytes(4)))
    assert handle.backend == BackendTag.VALKEY
    assert handle.kind == HandleKind.FRESH
    assert copy.copy(handle) == handle
    assert len({handle, copy.copy(handle)}) == 1


def test_capability_set_derives():
    first = CapabilitySet.new(["gpu", "cuda"])
    second = CapabilitySet(["gpu", "cuda"])
    assert first == second
    assert first.tokens == ("gpu", "cuda")
    assert not first.is_empty()
    assert CapabilitySet().is_empty()
    assert "gpu" in repr(first)


def test_claim_policy_derives():
    policy = ClaimPolicy.with_max_wait(timedelta(milliseconds=500))
    assert policy.max_wait == timedelta(milliseconds=500)
    assert policy == ClaimPolicy.with_max_wait(0.5)
    assert copy.copy(policy) == policy
    assert ClaimPolicy.immediate() == ClaimPolicy()
    assert ClaimPolicy.immediate().max_wait is None


def test_frame_and_kind_derive():
    frame = Frame(bytes=b"hello", kind=FrameKind.STDOUT, seq=3)
    assert copy.copy(frame) == frame == Frame.with_seq(b"hello", FrameKind.STDOUT, 3)
    assert frame.kind == FrameKind.STDOUT
    assert Frame.new(b"hello", FrameKind.STDOUT).seq is None
    assert {kind.value for kind in FrameKind} == {"stdout", "stderr", "event", "blob"}
    assert "hello" in repr(frame)


def test_waitpoint_spec_derives():
    spec = WaitpointSpec(WaitpointKind.SIGNAL_NAME, b"approved", WaitpointHmac("kid1:deadbeef"))
    assert copy.deepcopy(spec) == spec
    assert spec.hmac_token.as_str() == "kid1:deadbeef"
    assert spec.hmac_token.token == WaitpointToken("kid1:deadbeef")
    assert WaitpointHmac("a") == WaitpointHmac("a") != WaitpointHmac("b")
    assert len({WaitpointHmac("a"), WaitpointHmac("a")}) == 1
    assert "deadbeef" not in repr(spec)


def test_failure_reason_and_class():
    plain = FailureReason.new("boom")
    detailed = FailureReason.with_detail("boom", b"stack")
    assert plain.message == "boom"
    assert plain.detail is None
    assert detailed.detail == b"stack"
    assert copy.copy(plain) == plain != detailed
    assert {kind.value for kind in FailureClass} == {
        "transient",
        "permanent",
        "infra_crash",
        "timeout",
        "cancelled",
    }


def test_usage_dimensions_default_and_eq():
    usage = UsageDimensions(input_tokens=10, output_tokens=20, wall_ms=150, custom={"net_bytes": 42})
    assert copy.copy(usage) == usage
    assert UsageDimensions().input_tokens == 0
    assert UsageDimensions().custom == {}


def test_admission_decision_derives():
    admitted, throttled, rejected = Admitted(), Throttled(retry_after_ms=25), Rejected(reason="quota")
    assert copy.copy(admitted) == admitted
    assert copy.copy(throttled) == throttled
    assert admitted != rejected


def test_reclaim_token_wraps_grant():
    grant = ReclaimGrant(
        execution_id=SOLO,
        partition_key=Partition(PartitionFamily.FLOW, 0).key,
        grant_key="gkey",
        expires_at_ms=123,
        lane_id=LaneId("default"),
    )
    token = ReclaimToken(grant)
    assert token.grant == grant
    assert copy.deepcopy(token) == token


def test_lease_renewal_is_a_value():
    renewal = LeaseRenewal(expires_at_ms=100, lease_epoch=2)
    assert renewal == LeaseRenewal(100, 2)
    assert len({renewal, LeaseRenewal(100, 2)}) == 1


def test_cancel_flow_policy_and_wait():
    assert len(set(CancelFlowPolicy)) == 3
    assert WaitTimeout(timedelta(seconds=1)) == WaitTimeout(timedelta(seconds=1))
    assert NoWait() == NoWait()
    assert NoWait() != WaitIndefinite()


def test_completion_payload_derives():
    payload = CompletionPayload(SOLO, "success", b"ok", TimestampMs.from_millis(1234))
    assert copy.copy(payload) == payload
    assert payload == CompletionPayload.new(SOLO, "success", b"ok", TimestampMs(1234))
    assert payload.flow_id is None
    flow_id = FlowId.new()
    assert payload.with_flow_id(flow_id).flow_id == flow_id
    assert "success" in repr(payload)


def test_resume_signal_derives():
    signal = ResumeSignal(
        signal_id=SignalId.new(),
        signal_name="approve",
        signal_category="decision",
        source_type="user",
        source_identity="u1",
        correlation_id="c1",
        accepted_at=TimestampMs.from_millis(10),
        payload=None,
    )
    assert copy.copy(signal) == signal
    assert "approve" in repr(signal)


def test_fail_outcome_variants():
    retry = RetryScheduled(delay_until=TimestampMs.from_millis(42))
    assert retry != TerminalFailed()
    assert copy.copy(retry) == retry


def test_scanner_filter_noop_and_default():
    everything = ScannerFilter()
    assert everything.is_noop()
    assert everything == ScannerFilter.NOOP
    assert everything.matches(None, None)
    assert everything.matches(Namespace("t1"), "v")


def test_scanner_filter_namespace_match():
    tenant = ScannerFilter(namespace=Namespace("tenant-a"))
    assert not tenant.is_noop()
    assert tenant.matches(Namespace("tenant-a"), None)
    assert not tenant.matches(Namespace("tenant-b"), None)
    assert not tenant.matches(None, None)


def test_scanner_filter_instance_tag_match():
    tagged = ScannerFilter(instance_tag=("cairn.instance_id", "i-1"))
    assert not tagged.is_noop()
    assert tagged.matches(None, "i-1")
    assert not tagged.matches(None, "i-2")
    assert not tagged.matches(None, None)


def test_scanner_filter_both_dimensions():
    both = ScannerFilter(Namespace("tenant-a"), ("cairn.instance_id", "i-1"))
    assert both.matches(Namespace("tenant-a"), "i-1")
    assert not both.matches(Namespace("tenant-a"), "i-2")
    assert not both.matches(Namespace("tenant-b"), "i-1")
    assert not both.matches(None, "i-1")


def test_backend_config_valkey_constructor():
    config = BackendConfig.valkey("host.local", 6379)
    connection = config.connection
    assert isinstance(connection, BackendConnection)
    assert connection.host == "host.local"
    assert connection.port == 6379
    assert not connection.tls
    assert not connection.cluster
    assert config.timeouts == BackendTimeouts()
    assert config.retry == BackendRetry()
    assert copy.copy(config) == config
