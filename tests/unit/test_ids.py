"""Ids refuse bad text with its fault, and good ones are plain text."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from conformance.golden import golden
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from unit.copies import copies

from ff_core.errors import InvalidInput
from ff_core.types import (
    AttemptId,
    BudgetId,
    EdgeId,
    ExecutionId,
    FlowId,
    IdempotencyKey,
    LaneId,
    LeaseId,
    Namespace,
    PartitionCounts,
    QuotaPolicyId,
    SignalId,
    SuspensionId,
    WaitpointId,
    WaitpointKey,
    WorkerId,
    WorkerInstanceId,
)

VECTORS = golden("partitions")
UUID_IDS = (
    FlowId,
    BudgetId,
    QuotaPolicyId,
    LeaseId,
    AttemptId,
    SignalId,
    WaitpointId,
    SuspensionId,
    EdgeId,
)
NAMES = (WorkerId, WorkerInstanceId, Namespace, WaitpointKey, IdempotencyKey)
SAMPLE = uuid.UUID("1f073a2a-2f67-4d5d-94bb-e92e7333c854")


@pytest.mark.parametrize("row", VECTORS["uuid_id"], ids=lambda row: row["in"] or "empty")
def test_only_the_four_forms_of_a_uuid_are_taken(row: dict[str, Any]):
    if "canonical" in row:
        assert FlowId(row["in"]) == row["canonical"]
        return
    with pytest.raises(InvalidInput, match="is no FlowId; give a UUID such as"):
        FlowId(row["in"])


@pytest.mark.parametrize("kind", UUID_IDS)
def test_a_new_id_is_a_random_uuid(kind: type[FlowId]):
    first, second = kind.new(), kind.new()
    assert first != second
    assert uuid.UUID(first).version == 4
    assert type(first) is kind


@given(value=st.uuids(), spelling=st.sampled_from([str.lower, str.upper]))
def test_every_form_of_a_uuid_is_the_same_id(value: uuid.UUID, spelling: Callable[[str], str]):
    plain, hyphenated = spelling(value.hex), spelling(str(value))
    ids = [FlowId(text) for text in (plain, hyphenated, f"{{{hyphenated}}}", f"urn:uuid:{hyphenated}")]
    assert ids == [str(value)] * 4
    assert {one.raw for one in ids} == {value.bytes}


@given(text=st.text(alphabet="0123456789abcdefABCDEF-{}urn: \n", max_size=46))
def test_an_id_is_refused_or_canonical(text: str):
    try:
        found = FlowId(text)
    except InvalidInput:
        return
    assert str(uuid.UUID(found)) == found


@pytest.mark.parametrize("row", VECTORS["lane_id"])
def test_a_lane_is_printable_ascii_of_limited_length(row: dict[str, Any]):
    if row.get("ok"):
        assert LaneId(row["in"]) == row["in"]
        return
    with pytest.raises(InvalidInput, match="use 1 to 64 printable ASCII characters") as refused:
        LaneId(row["in"])
    assert refused.value.fault == row["error"]
    assert refused.value.carries == row.get("carries")


@pytest.mark.parametrize("row", VECTORS["execution_id"], ids=lambda row: row["in"] or "empty")
def test_an_execution_id_is_kept_as_given_or_refused_with_its_fault(row: dict[str, Any]):
    if "partition" in row:
        found = ExecutionId(row["in"])
        assert found == row["in"]
        assert found.partition_index == row["partition"]
        assert found.tag == f"{{fp:{row['partition']}}}"
        assert str(uuid.UUID(found.uuid)) == found.uuid
        return
    with pytest.raises(InvalidInput, match=r"write it like \{fp:7\}:") as refused:
        ExecutionId(row["in"])
    assert refused.value.fault == row["error"]
    assert refused.value.carries == row["carries"]


def test_minted_execution_ids_differ_and_deterministic_ones_do_not():
    lane, flow_id, counts = LaneId("default"), FlowId.new(), PartitionCounts()
    assert ExecutionId.solo(lane, counts) != ExecutionId.solo(lane, counts)
    assert ExecutionId.for_flow(flow_id, counts) != ExecutionId.for_flow(flow_id, counts)
    assert ExecutionId.deterministic_solo(lane, counts, SAMPLE) == f"{{fp:86}}:{SAMPLE}"
    member = ExecutionId.deterministic_for_flow(flow_id, counts, SAMPLE)
    assert member == ExecutionId.deterministic_for_flow(flow_id, counts, SAMPLE)
    assert member.partition_index == ExecutionId.for_flow(flow_id, counts).partition_index


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("text", ["", "tenant a:{}", "東京"])
def test_a_name_is_any_text(kind: type[Namespace], text: str):
    assert kind(text) == text
    assert isinstance(kind(text), kind)


@pytest.mark.parametrize(
    "value", [FlowId(SAMPLE.hex), LaneId("gpu"), ExecutionId(f"{{fp:7}}:{SAMPLE}"), LaneId.unchecked("")]
)
def test_an_id_survives_copying_and_pickling(value: str):
    for found in copies(value):
        assert found == value
        assert type(found) is type(value)


class Order(BaseModel):
    flow: FlowId
    lane: LaneId = LaneId("default")


def test_an_id_is_a_field_of_a_pydantic_model():
    order = Order.model_validate_json(f'{{"flow": "{SAMPLE.hex}"}}')
    assert order.flow == str(SAMPLE)
    assert isinstance(order.flow, FlowId)
    assert order.model_dump_json() == f'{{"flow":"{SAMPLE}","lane":"default"}}'
    with pytest.raises(ValidationError, match="is no FlowId"):
        Order.model_validate({"flow": "x"})


def test_what_is_refused_is_shown_short_and_without_a_token():
    with pytest.raises(InvalidInput) as refused:
        WaitpointId("k1:" + "0a" * 20)
    assert str(refused.value).startswith("'k1:<REDACTED:len=40>' is no WaitpointId")
    with pytest.raises(InvalidInput) as refused:
        WaitpointId("x" * 10_000)
    assert len(str(refused.value)) < 200
