"""Looking at executions: listing, paging, finding, waiting."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from conformance.clocked import Server
from integration.steps import promote, suspended, work
from integration.trips import counted_trips
from waiting import wait_until

import ff_core as ff
from ff_core.errors import ExecutionNotFound, InvalidInput, TimedOut
from ff_core.types import ExecutionId

NOBODY: Final = "{fp:1}:1f073a2a-2f67-4d5d-94bb-e92e7333c854"


def ids(client: ff.Client, **options: Any) -> set[ExecutionId]:
    return {snapshot.execution_id for snapshot in client.list_executions(**options).items}


def pages(client: ff.Client, **options: Any) -> list[list[ExecutionId]]:
    """The ids of every page, from the first to the last."""
    found: list[list[ExecutionId]] = []
    cursor = None
    while True:
        page = client.list_executions(cursor=cursor, **options)
        found.append([snapshot.execution_id for snapshot in page.items])
        cursor = page.next
        if cursor is None:
            return found


def created(server: Server, run: ff.Run, at: int) -> None:
    """Set when an execution was created."""
    server.hset(f"ff:exec:{run.id.tag}:{run.id}:core", "created_at", at)


@pytest.fixture
def one_of_each(client: ff.Client) -> dict[str, ExecutionId]:
    """An execution in every state that the client can bring it to."""
    states: dict[str, Any] = {"waiting": client.submit("job"), "delayed": client.submit("job", delay="1h")}
    for state in ("active", "suspended", "waiting_children", "completed", "failed", "cancelled"):
        states[state] = work(client)
    suspended(client, states["suspended"])
    client.wait_children(states["waiting_children"])
    client.complete(states["completed"])
    client.fail(states["failed"], "broken")
    client.cancel(states["cancelled"])
    return {state: target.id for state, target in states.items()}


def test_each_state_lists_its_executions_and_no_others(client: ff.Client, one_of_each: dict[str, ExecutionId]):
    for state, execution in one_of_each.items():
        assert ids(client, state=state) == {execution}, state
        assert ids(client, state=state, lane="default") == {execution}, state
        assert ids(client, state=state, lane="other") == set()
    for state in ("rate_limited", "expired", "skipped", "resumable"):
        assert ids(client, state=state) == set()
    assert ids(client) == set(one_of_each.values())


def test_blocked_work_is_listed_as_rate_limited(client: ff.Client, server: Server):
    run = client.submit("job")
    queue = f"ff:idx:{run.id.tag}:lane:default"
    server.hset(
        f"ff:exec:{run.id.tag}:{run.id}:core",
        mapping={"public_state": "rate_limited", "eligibility_state": "blocked_by_route"},
    )
    server.zrem(f"{queue}:eligible", run.id)
    server.zadd(f"{queue}:blocked:route", {run.id: 1})
    assert ids(client, state="rate_limited") == {run.id}


def test_filters_by_lane_kind_and_tags_can_be_combined(client: ff.Client):
    tags = {"team.name": "a", "team.lead": "Ada"}
    wanted = client.submit("report", lane="gpu", tags=tags).id
    others = [
        client.submit("report", lane="cpu", tags=tags).id,
        client.submit("job", lane="gpu", tags=tags).id,
        client.submit("report", lane="gpu", tags={"team.name": "b", "team.lead": "Ada"}).id,
        client.submit("report", lane="gpu").id,
    ]
    assert ids(client, lane="gpu", kind="report", tags=tags) == {wanted}
    assert ids(client, lane="gpu", kind="report", tags=tags, state="waiting") == {wanted}
    assert ids(client, lane="gpu") == {wanted, *others[1:]}
    assert ids(client, kind="report") == {wanted, others[0], *others[2:]}
    assert ids(client, tags={"team.lead": "Ada"}) == {wanted, *others[:3]}
    assert ids(client, tags={"team.none": ""}) == set()


def test_times_bound_the_creation(client: ff.Client, server: Server):
    runs = [client.submit("job") for _ in range(4)]
    for number, run in enumerate(runs):
        created(server, run, 1_000 + number)
    first, second, third, fourth = (run.id for run in runs)
    assert ids(client, since=1_001) == {second, third, fourth}
    assert ids(client, until=1_001) == {first}
    start, millisecond = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
    assert ids(client, since=start + 1_001 * millisecond, until=start + 1_003 * millisecond) == {second, third}


@pytest.mark.parametrize("state", [None, "waiting"])
def test_paging_neither_loses_nor_repeats(client: ff.Client, server: Server, state: str | None):
    """Many executions of one moment, over several lanes and partitions."""
    runs = [client.submit("job", lane=f"lane{number % 5}") for number in range(23)]
    for number, run in enumerate(runs):
        created(server, run, 1_000 + number // 6)
    found = pages(client, limit=5, state=state)
    assert [len(page) for page in found] == [5, 5, 5, 5, 3]
    order = [execution for page in found for execution in page]
    assert sorted(order) == sorted(run.id for run in runs)
    assert {runs[number].id for number in range(18, 23)} == set(order[:5]), "the newest come first"


def test_work_that_comes_while_paging_disturbs_no_page(client: ff.Client, server: Server):
    old = {client.submit("job").id for _ in range(6)}
    first = client.list_executions(limit=3)
    late = client.submit("job")
    created(server, late, 9_000_000_000_000)
    rest = client.list_executions(limit=3, cursor=first.next)
    assert {snapshot.execution_id for snapshot in (*first.items, *rest.items)} == old
    assert rest.next is None


def test_a_full_last_page_is_the_last(client: ff.Client):
    client.submit_many("job", range(4))
    assert [len(page) for page in pages(client, limit=2)] == [2, 2]
    assert pages(client, limit=4, kind="other") == [[]]


def test_a_listing_shows_its_own_namespace_only(client: ff.Client, url: str):
    mine = client.submit("job").id
    with ff.connect(url, namespace="other") as elsewhere:
        theirs = elsewhere.submit("job").id
        assert ids(elsewhere) == ids(elsewhere, state="waiting") == {theirs}
        with pytest.raises(InvalidInput, match="no execution begins with"):
            elsewhere.find(mine.uuid[:13])
    assert ids(client) == {mine}
    assert client.find(mine.uuid[:13]) == mine


def test_a_listing_takes_a_handful_of_round_trips(client: ff.Client):
    client.submit_many("job", range(300))
    with counted_trips() as trips:
        assert len(client.list_executions(limit=300).items) == 300
    assert len(trips) <= 5


@pytest.mark.parametrize(
    "options, message",
    [
        ({"limit": 0}, "the limit is 0; give 1 or more"),
        ({"cursor": "nonsense"}, "this is no cursor of a listing; pass `next` of the page before"),
        ({"cursor": "ü"}, "this is no cursor of a listing"),
        ({"state": "complete"}, "there is no state 'complete'; did you mean completed\\? valid are waiting, delayed, "),
        ({"state": "x"}, "there is no state 'x'; valid are waiting"),
        ({"lane": ""}, "lane id is empty"),
    ],
)
def test_words_that_make_no_sense_are_refused_in_one_line(client: ff.Client, options: dict[str, Any], message: str):
    with pytest.raises(InvalidInput, match=message) as caught:
        client.list_executions(**options)
    assert "\n" not in str(caught.value)


def test_find_knows_an_execution_by_the_beginning_of_its_uuid(client: ff.Client):
    runs = client.submit_many("job", range(20))
    for run in runs:
        assert client.find(run.id.uuid) == client.find(run.id.uuid[:13].upper()) == run.id
        assert client.find(run.id) == run.id


def test_find_refuses_what_names_none_or_several(client: ff.Client):
    client.submit_many("job", range(20))  # of 20, some begin with the same digit of 16
    with pytest.raises(InvalidInput, match="no execution begins with 'xyz'; list them to see their ids"):
        client.find("xyz")
    with pytest.raises(InvalidInput, match="no execution begins with 'k1:<REDACTED:len=40>'"):
        client.find("k1:" + "a" * 40)
    with pytest.raises(InvalidInput, match="no execution begins with ''"):
        client.find("")
    digits = [snapshot.execution_id.uuid[0] for snapshot in client.list_executions().items]
    shared = max(digits, key=digits.count)
    with pytest.raises(InvalidInput, match=f"{digits.count(shared)} executions begin with '{shared}'; give more"):
        client.find(shared)


def test_wait_answers_at_once_what_has_ended(client: ff.Client):
    task = work(client)
    task.complete()
    with counted_trips() as trips:
        assert client.wait(task, timeout=0).public_state == "completed"
    assert len(trips) == 2


def test_wait_sees_the_end_that_comes_later(client: ff.Client, other: ff.Client, server: Server):
    task = work(other)
    server.config_resetstat()

    def finish() -> None:
        wait_until(lambda: server.info("commandstats").get("cmdstat_hget", {"calls": 0})["calls"], "somebody waits")
        task.complete("done")

    helper = threading.Thread(target=finish)
    helper.start()
    snapshot = client.wait(task, timeout="20s")
    helper.join()
    assert (snapshot.public_state, client.result(task)) == ("completed", "done")


def test_wait_goes_on_over_everything_that_is_no_end(client: ff.Client, one_of_each: dict[str, ExecutionId]):
    ends = {"completed", "failed", "cancelled"}
    for state, execution in one_of_each.items():
        if state in ends:
            assert client.wait(execution).public_state == state
        else:
            with pytest.raises(TimedOut, match=f", which is {state}; seconds"):
                client.wait(execution, timeout="10ms")


def test_wait_says_how_long_it_has_waited(client: ff.Client):
    with pytest.raises(TimedOut) as caught:
        client.submit("job").wait(timeout="50ms")
    assert isinstance(caught.value, TimeoutError)
    assert 0.05 <= caught.value.elapsed < 5
    with pytest.raises(ExecutionNotFound):
        client.wait(NOBODY, timeout=1)


def test_lanes_are_those_that_work_was_submitted_to(client: ff.Client):
    assert client.lanes() == []
    for lane in ("gpu", "cpu", "gpu"):
        client.submit("job", lane=lane)
    assert client.lanes() == ["cpu", "gpu"]


def test_attempts_come_in_order_beyond_the_ninth(client: ff.Client, server: Server):
    run = client.submit("job", retries=20)
    for _ in range(12):
        client.claim_id(run).fail("again")
        promote(server, run.id)
    assert [attempt.attempt_index for attempt in run.attempts()] == list(range(12))
