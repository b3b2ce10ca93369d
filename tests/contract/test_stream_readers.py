"""Answers outside the envelope, and lists among the arguments, from the client's side of the contract."""

from typing import Any

import pytest
from conformance.clocked import Server
from contract import driver, stream_driver

from ff_core.contract import CONTRACT_VERSION, FUNCTIONS
from ff_core.contract.model import Reply
from ff_core.errors import InvalidInput, MalformedReply


def answer(server: Server, name: str, **args: Any) -> Reply:
    function = FUNCTIONS[name]
    given = {arg.name: driver.ARGS[arg.name] for arg in function.args if arg.name in driver.ARGS} | args
    request = function.call(driver.IDS, given)
    return request.read(server.execute_command(*request.words))


def test_the_version_is_a_text_of_its_own(clocked_server: Server):
    assert answer(clocked_server, "ff_version").text("version") == CONTRACT_VERSION


def test_an_admission_is_a_word_and_its_refusal_is_raised(clocked_server: Server):
    assert answer(clocked_server, "ff_check_admission_and_record", rate_limit="1").status == "ADMITTED"
    other = {"execution_id": "x", "rate_limit": "1"}
    clocked_server.delete(driver.key("quota_admitted"))
    refused = answer(clocked_server, "ff_check_admission_and_record", **other)
    assert (refused.status, refused.integer("retry_after_ms")) == ("RATE_EXCEEDED", 60_000)
    with pytest.raises(InvalidInput, match="rate_limit must be a number, got: x"):
        answer(clocked_server, "ff_check_admission_and_record", rate_limit="x")


@pytest.mark.parametrize("raw", [None, 7, b"ADMITTED", []])
def test_an_admission_that_is_no_list_of_words_is_no_answer(raw: object):
    with pytest.raises(MalformedReply):
        FUNCTIONS["ff_check_admission_and_record"].read(raw)


def test_frames_are_read_as_frames(clocked_server: Server):
    stream_driver.live(clocked_server)
    page = answer(clocked_server, "ff_read_attempt_stream")
    assert [frame.fields["mode"] for frame in page.frames] == ["best_effort", "durable"]
    assert [page.text("closed_at"), page.text("closed_reason")] == ["", ""]
    with pytest.raises(InvalidInput, match="count_limit must be >= 1"):
        answer(clocked_server, "ff_read_attempt_stream", count_limit="0")


@pytest.mark.parametrize("raw", [[1, b"OK"], [1, b"OK", b"x", b"", b""]])
def test_a_page_without_a_list_of_entries_is_no_answer(raw: object):
    with pytest.raises(MalformedReply, match="expected a list of entries"):
        FUNCTIONS["ff_read_attempt_stream"].read(raw)


@pytest.mark.parametrize(
    "name,words",
    [
        ("ff_create_budget", ["2", "tokens", "cost", "1", "2", "3", "4"]),
        ("ff_report_usage_and_check", ["2", "tokens", "cost", "1", "2", "7", ""]),
        ("ff_record_spend", ["2", "tokens", "1", "cost", "2", "7", "", "e"]),
    ],
)
def test_rows_are_sent_in_the_layout_of_the_function(name: str, words: list[str]):
    function = FUNCTIONS[name]
    assert function.table
    rows = [["tokens", "1", "3"], ["cost", "2", "4"]]
    given = {"now_ms": "7"} | ({"execution_id": "e"} if name == "ff_record_spend" else {})
    request = function.call(driver.IDS, given, rows=[row[: len(function.table.columns)] for row in rows])
    assert list(request.words[-len(words) :]) == words


def test_a_row_of_another_width_is_a_mistake_of_the_program(clocked_server: Server):
    with pytest.raises(ValueError, match="a row needs"):
        driver.call(clocked_server, "ff_report_usage_and_check", rows=[("tokens",)])
