"""Usage by attempt: counters and the stream of reports. A report counts as a whole or not at all, and once."""

from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from contract import driver
from contract.driver import EXECUTION, IDS, key

from ff_core.contract.extension import REPORT_USAGE
from ff_core.contract.model import Reply, Word
from ff_core.errors import AttemptNotFound, ExecutionNotFound, InvalidInput

BIGGEST: Final = 2**53 - 1
REPORTS: Final = "last_usage_report_seq"


@pytest.fixture
def working(extended_server: Server) -> Server:
    """A server with one execution that is worked on."""
    driver.claimed(extended_server)
    return extended_server


def report(server: Server, *rows: tuple[str, Word], once: str = "", index: str = "0") -> Reply:
    choose = {"dedup": "usage_report_dedup" if once else "noop"}
    request = REPORT_USAGE.call(IDS | {"K": once, "I": index}, {"attempt_index": index}, choose=choose, rows=rows)
    return REPORT_USAGE.read(server.execute_command(*request.words))


def counters(server: Server) -> dict[str, str]:
    return {name.decode(): text.decode() for name, text in server.hgetall(key("attempt_usage")).items()}


def entries(server: Server) -> list[dict[str, str]]:
    return [
        {name.decode(): text.decode() for name, text in fields.items()}
        for _, fields in server.xrange(key("usage_reports"))
    ]


def test_reports_add_up_in_the_attempt(working: Server):
    assert report(working, ("tokens", 10), ("custom:pages", 2)).text("report") == "1"
    assert report(working, ("tokens", 5), ("seconds", 0)).text("report") == "2"
    assert counters(working) == {REPORTS: "2", "tokens": "15", "custom:pages": "2", "seconds": "0"}


def test_each_report_is_an_entry_of_the_partitions_stream(working: Server):
    working.hset(key("exec_core"), "flow_id", "f1")
    report(working, ("tokens", 10), ("custom:pages", 2))
    now = clocked.now(working)
    [entry] = entries(working)
    assert now - int(entry.pop("at")) < 1_000
    assert entry == {
        "execution_id": EXECUTION,
        "attempt_index": "0",
        "lane_id": "default",
        "execution_kind": "job",
        "namespace": "ns1",
        "flow_id": "f1",
        "used:tokens": "10",
        "used:custom:pages": "2",
    }


def test_a_dimension_that_is_listed_twice_counts_with_its_sum(working: Server):
    report(working, ("tokens", 10), ("pages", 1), ("tokens", 5))
    assert counters(working) == {REPORTS: "1", "tokens": "15", "pages": "1"}
    assert entries(working)[0]["used:tokens"] == "15"


def test_the_sum_of_a_dimension_is_what_is_judged(working: Server):
    unchanged(working, ("tokens", BIGGEST), ("tokens", 1))


def test_a_report_with_a_key_counts_once_a_day(working: Server):
    assert report(working, ("tokens", 10), once="r1").status == "OK"
    assert report(working, ("tokens", 10), once="r1").status == "ALREADY_APPLIED"
    assert report(working, ("tokens", 10), once="r2").status == "OK"
    assert counters(working) == {REPORTS: "2", "tokens": "20"}
    assert len(entries(working)) == 2
    assert 86_000_000 < working.pttl(key("usage_report_dedup", K="r1")) <= 86_400_000


def test_a_refused_report_does_not_use_up_its_key(working: Server):
    with pytest.raises(InvalidInput):
        report(working, ("tokens", -1), once="r1")
    assert report(working, ("tokens", 1), once="r1").status == "OK"


def unchanged(server: Server, *rows: tuple[str, Any]) -> None:
    """The report is refused and leaves nothing."""
    before = (server.dbsize(), counters(server), entries(server))
    with pytest.raises(InvalidInput):
        report(server, *rows)
    assert (server.dbsize(), counters(server), entries(server)) == before


@pytest.mark.parametrize("amount", ["-1", "0.5", "", "many", "nan", "inf", str(BIGGEST * 2)])
def test_an_amount_that_is_no_count_is_refused_before_anything_counts(working: Server, amount: str):
    unchanged(working, ("pages", 1), ("tokens", amount))


@pytest.mark.parametrize("dimension", ["", REPORTS])
def test_a_dimension_without_a_name_of_its_own_is_refused(working: Server, dimension: str):
    unchanged(working, ("pages", 1), (dimension, 1))


def test_a_counter_stays_exact(working: Server):
    report(working, ("tokens", BIGGEST - 1))
    report(working, ("tokens", 1))
    assert counters(working)["tokens"] == str(BIGGEST)
    unchanged(working, ("tokens", 1))


def test_usage_counts_after_the_lease_is_gone(working: Server):
    """It was used all the same."""
    driver.call(working, "ff_complete_execution")
    assert report(working, ("tokens", 1)).status == "OK"


def test_no_usage_without_an_execution_or_an_attempt(extended_server: Server):
    with pytest.raises(ExecutionNotFound):
        report(extended_server, ("tokens", 1))
    driver.created(extended_server)
    size = extended_server.dbsize()
    with pytest.raises(AttemptNotFound):
        report(extended_server, ("tokens", 1), once="r1")
    assert extended_server.dbsize() == size


def test_a_count_that_does_not_fit_the_rows_is_refused(working: Server):
    words = list(REPORT_USAGE.call(IDS | {"K": ""}, {"attempt_index": "0"}, rows=[("tokens", 1)]).words)
    for count in ("2", "-1", "65", "many"):
        words[-3] = count
        assert working.execute_command(*words)[:2] == [0, b"invalid_input"]
    assert counters(working) == {REPORTS: "0"}


def test_the_stream_of_reports_does_not_grow_for_ever(working: Server):
    with working.pipeline(transaction=False) as pipe:
        for _ in range(10_300):
            pipe.execute_command(*REPORT_USAGE.call(IDS | {"K": ""}, {"attempt_index": "0"}, rows=[("t", 1)]).words)
        pipe.execute()
    assert 10_000 <= working.xlen(key("usage_reports")) <= 10_100


def test_a_report_of_three_dimensions_costs_no_more_than_six_commands(shipped_pair: Server):
    driver.claimed(shipped_pair)
    shipped_pair.config_resetstat()
    report(shipped_pair, ("a", 1), ("b", 2), ("c", 3), once="r1")
    counted = {command: entry["calls"] for command, entry in shipped_pair.info("commandstats").items()}
    del counted["cmdstat_fcall"], counted["cmdstat_config|resetstat"]
    assert sum(counted.values()) <= 6
