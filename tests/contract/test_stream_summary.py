"""The summary document: what a merge patch does to it (contract 06 §2)."""

import json
from typing import Any, Final

import pytest
from conformance.clocked import Server
from conformance.replay import snapshot
from contract import driver, stream_driver
from contract.driver import call, key
from contract.stream_driver import append

FIRST: Final = {"a": {"b": 1, "c": 2}, "l": [1, 2]}


def summary(server: Server) -> Any:
    return json.loads(call(server, "ff_read_summary")[2])


def applied(server: Server, *patches: str) -> Any:
    for patch in patches:
        assert append(server, patch, "summary")[:2] == [1, "OK"]
    return summary(server)


def nested(levels: int) -> str:
    return '{"k":' * (levels + 1) + "1" + "}" * (levels + 1)


@pytest.mark.parametrize(
    "patch,expected",
    [
        ('{"a":{"b":null},"l":[3]}', {"a": {"c": 2}, "l": [3]}),
        ('{"a":5}', {"a": 5, "l": [1, 2]}),
        ('{"l":{"x":1}}', {"a": {"b": 1, "c": 2}, "l": {"x": 1}}),
        ('{"a":{"x":"__ff_null__"}}', {"a": {"b": 1, "c": 2, "x": None}, "l": [1, 2]}),
        ('{"l":[]}', {"a": {"b": 1, "c": 2}, "l": {}}),
        ('{"a":{}}', {"a": {}, "l": [1, 2]}),
        ('{"l":[null,{"n":null}]}', {"a": {"b": 1, "c": 2}, "l": [None, {"n": None}]}),
        ('{"no":null}', FIRST),
        ("{}", FIRST),
        ("[]", FIRST),
    ],
)
def test_a_patch_does_what_the_contract_says(clocked_server: Server, patch: str, expected: Any):
    driver.claimed(clocked_server)
    assert applied(clocked_server, json.dumps(FIRST), patch) == expected
    assert call(clocked_server, "ff_read_summary")[3] == "2"


def test_a_null_goes_with_the_next_patch(clocked_server: Server):
    driver.claimed(clocked_server)
    assert applied(clocked_server, '{"a":"__ff_null__"}', '{"a":null,"b":1}') == {"b": 1}


def test_an_array_that_begins_with_false_is_an_array(clocked_server: Server):
    driver.claimed(clocked_server)
    assert applied(clocked_server, '{"a":{"x":1},"l":[false,1]}', '{"a":[false,2],"l":{"y":1}}') == {
        "a": [False, 2],
        "l": {"y": 1},
    }
    assert append(clocked_server, "[false]", "summary") == [0, "invalid_input", "patch must be a JSON object"]


def test_a_patch_may_have_sixteen_levels(clocked_server: Server):
    driver.claimed(clocked_server)
    deep = applied(clocked_server, nested(16))
    assert append(clocked_server, nested(17), "summary") == [0, "invalid_input", "patch_depth_exceeded"]
    assert summary(clocked_server) == deep


@pytest.mark.parametrize("patch", ['{"a":nan}', '{"a":1e999}', '{"a":[-inf]}', "[" * 5000, '{"a":'])
def test_what_json_cannot_hold_is_refused_and_the_document_stays(clocked_server: Server, patch: str):
    """The server's decoder takes more than its encoder gives."""
    stream_driver.summed_up(clocked_server)
    before = snapshot(clocked_server)
    assert append(clocked_server, patch, "summary") == [0, "invalid_input", "patch payload is not valid JSON"]
    assert snapshot(clocked_server) == before


@pytest.mark.parametrize("stored", ["{", "7", "null", '"a"'])
def test_a_stored_document_that_is_none_is_not_overwritten(clocked_server: Server, stored: str):
    stream_driver.summed_up(clocked_server)
    clocked_server.hset(key("attempt_summary"), "document", stored)
    before = snapshot(clocked_server)
    assert append(clocked_server, "{}", "summary") == [0, "corruption", "stored summary document not decodeable"]
    assert snapshot(clocked_server) == before


def test_without_a_summary_the_version_is_0(clocked_server: Server):
    assert call(clocked_server, "ff_read_summary") == [1, "OK", "", "0", "", "0", "0"]
