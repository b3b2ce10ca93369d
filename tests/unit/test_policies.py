"""Policy documents, against the golden rows."""

import json
from typing import Any

import pydantic
import pytest
from conformance.golden import golden

from ff_core.errors import InvalidInput
from ff_core.types import (
    Backoff,
    BudgetId,
    ExecutionPolicy,
    ExponentialBackoff,
    FallbackPolicy,
    FixedBackoff,
    RetryPolicy,
    RoutingRequirements,
    StreamPolicy,
    SuspensionPolicy,
    TimeoutPolicy,
)
from ff_core.types.policy import Policy

VECTORS = golden("policies")
KINDS: dict[str, type[Policy]] = {
    "execution_policy": ExecutionPolicy,
    "retry_policy": RetryPolicy,
    "timeout_policy": TimeoutPolicy,
    "suspension_policy": SuspensionPolicy,
    "routing_requirements": RoutingRequirements,
    "stream_policy": StreamPolicy,
    "fallback_policy": FallbackPolicy,
}
BACKOFF = pydantic.TypeAdapter[FixedBackoff | ExponentialBackoff](Backoff)


def normalised(kind: str, document: Any) -> Any:
    """What a document becomes when it is read and written again."""
    text = json.dumps(document)
    read = BACKOFF.validate_json(text) if kind == "backoff" else KINDS[kind].model_validate_json(text)
    return json.loads(read.to_json())


@pytest.mark.parametrize("kind", VECTORS["defaults"])
def test_what_is_left_out_has_its_default(kind: str):
    expected = VECTORS["defaults"][kind]
    written = RetryPolicy().to_dict()["backoff"] if kind == "backoff" else normalised(kind, {})
    assert written == expected


@pytest.mark.parametrize("row", VECTORS["normalise"], ids=lambda row: f"{row['type']}-{json.dumps(row['in'])}")
def test_a_policy_is_normalised_or_refused(row: dict[str, Any]):
    if "out" in row:
        assert normalised(row["type"], row["in"]) == row["out"]
        return
    with pytest.raises(pydantic.ValidationError):
        normalised(row["type"], row["in"])


def test_no_document_holds_a_null():
    policy = ExecutionPolicy(timeout_policy=TimeoutPolicy(attempt_timeout_ms=5), stream_policy=StreamPolicy())
    assert "null" not in policy.to_json()


def test_a_whole_policy_survives_its_json():
    policy = ExecutionPolicy(
        priority=7,
        retry_policy=RetryPolicy(max_retries=1, backoff=FixedBackoff(delay_ms=0)),
        routing_requirements=RoutingRequirements(required_capabilities=("gpu", "cuda")),
        budget_ids=(BudgetId.new(),),
    )
    assert ExecutionPolicy.from_json(policy.to_json()) == policy


@pytest.mark.parametrize(
    "text,said",
    [
        ("{", "ExecutionPolicy: document: Invalid JSON"),
        ("[]", "ExecutionPolicy: document: Input should be an object"),
        ('{"retry_policy": {"max_retries": -1}}', "ExecutionPolicy: retry_policy.max_retries: "),
        ('{"priority": "7"}', "ExecutionPolicy: priority: "),
        ('{"budget_ids": ["x"]}', "ExecutionPolicy: budget_ids.0: Value error, 'x' is no BudgetId"),
    ],
)
def test_a_bad_policy_is_refused_in_one_line_that_names_the_field(text: str, said: str):
    with pytest.raises(InvalidInput) as refused:
        ExecutionPolicy.from_json(text)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_a_policy_cannot_be_changed():
    policy: Any = RetryPolicy()
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        policy.max_retries = 9
