"""Partition arithmetic, partition references and small hashes, against the golden rows."""

from typing import Any

import pytest
from conformance.golden import golden

from ff_core.errors import InvalidInput
from ff_core.keys import key
from ff_core.partition import (
    Partition,
    PartitionCounts,
    PartitionFamily,
    PartitionKey,
    crc16,
    digest_of,
    fnv1a,
    partition_of_budget,
    partition_of_flow,
    partition_of_lane,
    partition_of_quota,
    scan_start,
)
from ff_core.types import BudgetId, CapabilitySet, ExecutionId, FlowId, LaneId, QuotaPolicyId

VECTORS = golden("partitions")


def counted(row: dict[str, Any]) -> dict[int, int]:
    return {int(count): index for count, index in row["partition"].items()}


@pytest.mark.parametrize("row", VECTORS["crc16_xmodem"])
def test_crc16_is_xmodem(row: dict[str, Any]):
    assert crc16(row["bytes_utf8"].encode()) == row["crc16"]


@pytest.mark.parametrize("row", VECTORS["flow"])
def test_a_flow_falls_into_the_partition_of_its_bytes(row: dict[str, Any]):
    flow_id = FlowId(row["id"])
    assert crc16(flow_id.raw) == row["crc16"]
    for count, index in counted(row).items():
        counts = PartitionCounts(flow=count)
        assert partition_of_flow(flow_id, counts) == Partition(PartitionFamily.FLOW, index)
        assert ExecutionId.for_flow(flow_id, counts).partition_index == index


@pytest.mark.parametrize("row", VECTORS["lane"])
def test_a_solo_execution_falls_into_the_partition_of_its_lane(row: dict[str, Any]):
    lane = LaneId(row["lane"])
    assert crc16(lane.encode()) == row["crc16"]
    for count, index in counted(row).items():
        counts = PartitionCounts(flow=count)
        assert partition_of_lane(lane, counts) == Partition(PartitionFamily.EXECUTION, index)
        assert ExecutionId.solo(lane, counts).partition_index == index


@pytest.mark.parametrize("row", VECTORS["budget"])
def test_a_budget_falls_into_the_partition_of_its_bytes(row: dict[str, Any]):
    for count, index in counted(row).items():
        found = partition_of_budget(BudgetId(row["id"]), PartitionCounts(budget=count))
        assert found == Partition(PartitionFamily.BUDGET, index)


@pytest.mark.parametrize("row", VECTORS["quota"])
def test_a_quota_policy_falls_into_the_partition_of_its_bytes(row: dict[str, Any]):
    for count, index in counted(row).items():
        found = partition_of_quota(QuotaPolicyId(row["id"]), PartitionCounts(quota=count))
        assert found == Partition(PartitionFamily.QUOTA, index)


def test_lanes_spread_over_the_partitions():
    expected = VECTORS["distinct_lanes"]
    counts = PartitionCounts(flow=expected["count"])
    found = {partition_of_lane(LaneId(f"lane-{number}"), counts) for number in range(100)}
    assert len(found) == expected["distinct_partitions"]


@pytest.mark.parametrize("row", VECTORS["partition_key"], ids=lambda row: row["in"] or "empty")
def test_a_partition_key_is_read_when_used(row: dict[str, Any]):
    reference = PartitionKey(row["in"])
    assert reference == row["in"]
    if "error" not in row:
        assert reference.parse() == Partition(PartitionFamily(row["family"]), row["index"])
        return
    with pytest.raises(InvalidInput) as refused:
        reference.parse()
    assert refused.value.fault == row["error"]
    assert refused.value.carries == row.get("carries")


@pytest.mark.parametrize("family", PartitionFamily)
def test_a_partition_comes_back_from_its_key(family: PartitionFamily):
    collapsed = PartitionFamily.FLOW if family is PartitionFamily.EXECUTION else family
    assert Partition(family, 7).key.parse() == Partition(collapsed, 7)


@pytest.mark.parametrize("row", VECTORS["config_load"])
def test_unusable_counts_fall_back_to_the_defaults(row: dict[str, Any]):
    counts = PartitionCounts.from_config(row["hash"])
    assert [counts.flow, counts.budget, counts.quota] == row["loads"]


@pytest.mark.parametrize("count", [0, -1, 65536])
def test_an_impossible_partition_count_is_refused(count: int):
    with pytest.raises(InvalidInput, match=r"use 1 to 65535"):
        PartitionCounts(budget=count)


@pytest.mark.parametrize("row", VECTORS["fnv1a"], ids=lambda row: row["text"] or "empty")
def test_fnv1a_and_what_is_made_of_it(row: dict[str, Any]):
    assert f"{fnv1a(row['text']):016x}" == row["u64_hex"]
    assert digest_of(row["text"]) == row["xor8hex"]
    assert scan_start(row["text"], 256) == row["mod_256"]
    assert scan_start(row["text"], 0) == row["mod_0"]


@pytest.mark.parametrize("row", VECTORS["worker_caps_hash"], ids=lambda row: row["csv"] or "none")
def test_capabilities_are_sorted_before_they_are_sent_or_logged(row: dict[str, Any]):
    assert CapabilitySet(row["capabilities"]).csv == row["csv"]
    assert digest_of(row["csv"]) == row["log_hash"]


@pytest.mark.parametrize("row", VECTORS["scan_start_partition"], ids=lambda row: row["worker_instance_id"])
def test_a_worker_starts_its_scan_where_its_name_says(row: dict[str, Any]):
    assert scan_start(row["worker_instance_id"], row["count"]) == row["start"]


GIVEN = VECTORS["keys"]["given"]


def ids_for(name: str) -> dict[str, str | int]:
    """The ids of the golden rows by their letters in the key catalogue; the tag is that of what the key is about."""
    flow, budget, quota = GIVEN["counts"]
    counts = PartitionCounts(flow=flow, budget=budget, quota=quota)
    tags = {
        "budget": partition_of_budget(BudgetId(GIVEN["budget_id"]), counts).tag,
        "usage": partition_of_budget(BudgetId(GIVEN["budget_id"]), counts).tag,
        "quota": partition_of_quota(QuotaPolicyId(GIVEN["quota_policy_id"]), counts).tag,
        "flow": partition_of_flow(FlowId(GIVEN["flow_id"]), counts).tag,
        "cancel": partition_of_flow(FlowId(GIVEN["flow_id"]), counts).tag,
        "pending_cancel": partition_of_flow(FlowId(GIVEN["flow_id"]), counts).tag,
    }
    subject = max((word for word in tags if name.startswith(word)), key=len, default="")
    return {
        "T": tags.get(subject, ExecutionId(GIVEN["execution_id"]).tag),
        "E": GIVEN["execution_id"],
        "U": GIVEN["execution_id"],
        "L": GIVEN["lane"],
        "I": GIVEN["attempt_index"],
        "P": GIVEN["worker_instance_id"],
        "W": GIVEN["waitpoint_id"],
        "S": GIVEN["signal_id"],
        "F": GIVEN["flow_id"],
        "X": GIVEN["edge_id"],
        "B": GIVEN["quota_policy_id" if subject == "quota" else "budget_id"],
        "D": "requests_per_window",
        "K": GIVEN["dedup_key" if subject == "usage" else "idempotency_key"],
        "NS": GIVEN["namespace"],
    }


@pytest.mark.parametrize("name", VECTORS["keys"]["expect"])
def test_a_key_is_spelled_as_every_other_client_spells_it(name: str):
    assert key(name, **ids_for(name)) == VECTORS["keys"]["expect"][name]
