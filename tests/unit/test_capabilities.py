"""What a worker can do."""

from typing import Any

import pytest
from conformance.golden import golden

from ff_core.errors import InvalidInput
from ff_core.types import CapabilitySet

MATCHES = [row for row in golden("policies")["capability_match"] if "case" not in row]


@pytest.mark.parametrize("row", MATCHES, ids=lambda row: f"{row['required_csv']}-{row['worker_csv']}")
def test_a_worker_knows_what_it_lacks_before_it_asks(row: dict[str, Any]):
    worker = CapabilitySet(filter(None, row["worker_csv"].split(",")))
    missing = worker.missing(row["required_csv"])
    assert (not missing) is row["granted"]
    if missing:
        assert ["capability_mismatch", ",".join(missing)] == row["error"]


@pytest.mark.parametrize(
    "tokens,fault",
    [
        ([""], "empty_token"),
        (["a,b"], "comma_in_token"),
        (["a b"], "control_or_whitespace"),
        (["a\u2003b"], "control_or_whitespace"),
        (["a\x7f"], "control_or_whitespace"),
        (["a\n"], "control_or_whitespace"),
        ([f"t{number}" for number in range(257)], "too_many_tokens"),
        (["x" * 4097], "too_many_bytes"),
        (["é" * 2049], "too_many_bytes"),
    ],
)
def test_what_the_library_would_refuse_is_refused_here(tokens: list[str], fault: str):
    with pytest.raises(InvalidInput) as refused:
        CapabilitySet(tokens)
    assert refused.value.fault == fault
    assert len(str(refused.value)) < 200


def test_as_many_as_fit_are_taken():
    assert len(CapabilitySet(f"t{number}" for number in range(256)).tokens) == 256
    assert CapabilitySet(["x" * 4096]).csv == "x" * 4096
    assert CapabilitySet(["東京"]).csv == "東京"


def test_one_word_instead_of_a_list_is_pointed_out():
    with pytest.raises(InvalidInput, match=r"write \['gpu'\]"):
        CapabilitySet("gpu")
