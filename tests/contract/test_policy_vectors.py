"""Policies as the library reads them, against the golden rows."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from conformance.clocked import Server
from contract import driver
from contract.driver import call, fields, key

ROWS: Final = json.loads(
    (Path(__file__).parents[1] / "conformance" / "vectors" / "policies.json").read_text(encoding="utf-8")
)

UNBOUND_RETRIES: Final = {
    '{"max_retries":1,"backoff":null}': ("retry_scheduled", 1000),
    '{"max_retries":null}': ("terminal_failed", None),
}
"""Where the original aborts in the middle, ours takes a null as left out."""

CAPABILITY_CASES: Final = {
    "worker csv of 4097 bytes": ("gpu", "x" * 4097),
    "worker csv of 257 tokens": ("", ",".join(f"t{number}" for number in range(257))),
    "required csv of 4097 bytes": ("x" * 4097, "gpu"),
    "worker csv of 256 tokens": ("t7", ",".join(f"t{number}" for number in range(256))),
}


def name_of(row: dict[str, Any]) -> str:
    return row.get("case") or "-".join(str(value) for value in list(row.values())[:2])


def tokens_of(recipe: dict[str, Any]) -> list[str]:
    match recipe:
        case {"numbered": stem, "count": count}:
            return [f"{stem}{number}" for number in range(count)]
        case {"repeat": repeats}:
            return [letter * times for letter, times in repeats]
        case {"empty_tokens": count}:
            return [""] * count
    raise AssertionError(recipe)


@pytest.mark.parametrize("row", ROWS["create_with_policy"], ids=name_of)
def test_create_accepts_and_refuses_policies_as_recorded(clocked_server: Server, row: dict[str, Any]):
    tokens = tokens_of(row["recipe"]) if "recipe" in row else []
    recipe = json.dumps({"routing_requirements": {"required_capabilities": tokens}})
    policy = row.get("policy_json", recipe)
    reply = call(clocked_server, "ff_create_execution", policy_json=policy)
    if not row["accepted"]:
        assert reply == [0, *row["error"]]
        assert clocked_server.dbsize() == 0
        return
    assert reply[:2] == [1, "OK"]
    expected = row["required_capabilities_field"] or ""
    if isinstance(expected, dict):
        expected = ",".join(sorted(tokens))
        assert len(expected) == row["required_capabilities_field"]["bytes"]
    assert fields(clocked_server, "exec_core", "required_capabilities") == [expected]
    stored = clocked_server.get(key("exec_policy"))
    assert stored == (policy.encode() if row["policy_key_written"] else None)


@pytest.mark.parametrize("row", ROWS["fail_with_retry_policy"], ids=name_of)
def test_fail_schedules_retries_as_recorded(clocked_server: Server, row: dict[str, Any]):
    driver.claimed(clocked_server)
    clocked_server.hset(key("exec_core"), "retry_count", row["retry_count_before"])
    policy = row["retry_policy_json"]
    outcome, delay = UNBOUND_RETRIES.get(policy) or (row["outcome"], row.get("delay_ms"))
    reply = call(clocked_server, "ff_fail_execution", retry_policy_json=policy, failure_reason="boom")
    assert reply[:3] == [1, "OK", outcome]
    if delay is not None:
        [ended_at] = fields(clocked_server, "attempt", "ended_at")
        whole = -(-delay // 1)  # rounded up to whole milliseconds
        assert float(reply[3]) - int(ended_at) == whole
        assert fields(clocked_server, "exec_core", "delay_until") == [reply[3]]
        assert clocked_server.zscore(key("lane_delayed"), driver.EXECUTION) == float(reply[3])


@pytest.mark.parametrize("row", ROWS["capability_match"], ids=name_of)
@pytest.mark.parametrize("function", ["ff_issue_claim_grant", "ff_issue_reclaim_grant"])
def test_grants_match_capabilities_as_recorded(clocked_server: Server, row: dict[str, Any], function: str):
    prepare = {"ff_issue_claim_grant": driver.created, "ff_issue_reclaim_grant": driver.lost}[function]
    prepare(clocked_server)
    case = row.get("case", "")
    required, offered = CAPABILITY_CASES[case] if case else (row["required_csv"], row["worker_csv"])
    clocked_server.hset(key("exec_core"), "required_capabilities", required)
    reply = call(clocked_server, function, worker_capabilities_csv=offered)
    if row["granted"]:
        assert reply[:2] == [1, "OK"]
    else:
        assert reply == [0, *row["error"]]
        assert clocked_server.exists(key("claim_grant")) == 0
    stamped = fields(clocked_server, "exec_core", "last_capability_mismatch_at") != [""]
    assert stamped == row.get("mismatch_stamped", False)
