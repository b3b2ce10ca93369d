"""The ends of executions as a stream: none is missed, none comes twice, and a reader goes on wherever it was."""

import asyncio
import base64
import socket
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from conformance import clocked
from conformance.clocked import Server
from integration.conftest import PARTITIONS, Connect
from integration.proxy import Proxy
from integration.steps import nothing_written, taken, work
from integration.trips import counted_trips
from waiting import wait_until

import ff_core as ff
from ff_core.contract import LIBRARY
from ff_core.errors import InvalidInput, NotConnected
from ff_core.lua import BUILD_FUNCTION, assemble
from ff_core.ops import completion_index, completion_stream
from ff_core.types import CompletionPayload, ExecutionId, LaneId

LANES: Final = [f"lane{number}" for number in range(6)]
"""On several partitions."""

SILENT: Final = """
local completion = {}
completion.FIELDS = { "lane_id", "flow_id" }
function completion.record() end
function completion.publish() end
return completion
"""


@pytest.fixture
def foreign(raw: Server) -> Iterable[Server]:
    """A server with a library of the contract that is not ours: it writes no completions and has no build function."""
    text = assemble({"completion": SILENT})
    head, build, tail = text.partition(f'redis.register_function("{BUILD_FUNCTION}"')
    assert build
    assert tail
    raw.function_load(head, replace=True)
    yield raw
    raw.function_delete(LIBRARY)


@pytest.fixture(params=["streams", "indexes"])
def source(request: pytest.FixtureRequest) -> str:
    """Where completions come from. What holds for one has to hold for the other."""
    if request.param == "indexes":
        request.getfixturevalue("foreign")
    return request.param


@pytest.fixture
def reading(source: str, client: ff.Client) -> ff.Client:
    """A client of each kind on a server with each kind of library."""
    return client


def ended(client: ff.Client, count: int, **options: Any) -> list[ExecutionId]:
    """So many executions that have ended, over several partitions."""
    lanes = [options.pop("lane")] if "lane" in options else LANES
    runs = [
        run
        for place, lane in enumerate(lanes)
        for run in client.submit_many("job", range(place, count, len(lanes)), lane=lane, **options)
    ]
    for run in runs:
        run.cancel()
    return [run.id for run in runs]


def ids(completions: Iterable[CompletionPayload]) -> list[ExecutionId]:
    return [completion.execution_id for completion in completions]


def now(client: ff.Client, server: Server) -> int:
    seconds, micros = server.time()
    return seconds * 1_000 + micros // 1_000


# What is told


def test_a_completion_says_what_its_execution_does(reading: ff.Client):
    done = work(reading, lane="gpu")
    done.complete({"n": 1})
    failed = work(reading)
    failed.fail("boom", "permanent")
    never = reading.submit("other")
    never.cancel()
    found = {item.execution_id: item for item in reading.completions(follow=False)}
    assert {item: payload.outcome for item, payload in found.items()} == {
        done.id: "success",
        failed.id: "failed",
        never.id: "cancelled",
    }
    for execution, item in found.items():
        snapshot = reading.describe(execution)
        assert (item.lane_id, item.execution_kind) == (snapshot.lane_id, snapshot.execution_kind)
        assert (item.namespace, item.flow_id) == (snapshot.namespace, snapshot.flow_id)
        assert (item.created_at, item.started_at) == (snapshot.created_at, snapshot.started_at)
        assert item.produced_at_ms == snapshot.completed_at
        assert item.attempt_index == (None if execution == never.id else 0)


def test_members_of_a_flow_that_are_skipped_are_told(other: ff.Client, server: Server):
    flow = other.flow("test")
    first = flow.submit("up")
    second = flow.submit("down", after=[first])
    taken(other).fail("boom", "permanent")
    found = {item.execution_id: (item.outcome, item.flow_id) for item in other.completions(follow=False)}
    assert found == {first.id: ("failed", flow.id), second.id: ("skipped", flow.id)}


def test_an_end_after_a_replay_is_told_again(reading: ff.Client):
    task = work(reading)
    task.complete()
    stream = reading.completions(follow=False)
    assert ids(stream) == [task.id]
    reading.replay(task)
    taken(reading).fail("boom", "permanent")
    [again] = stream
    assert (again.execution_id, again.outcome, again.attempt_index) == (task.id, "failed", 1)


# Each exactly once


def test_two_thousand_come_exactly_once(server: Server, reading: ff.Client, other: ff.Client):
    """While they are made: a reader that is faster than those who end the work."""
    total = 2_000
    expected: list[ExecutionId] = []
    helper = threading.Thread(target=lambda: expected.extend(ended(other, total)))
    helper.start()
    stream = reading.completions()
    found = [next(stream).execution_id for _ in range(total)]
    helper.join()
    assert len(set(found)) == total
    assert set(found) == set(expected)
    assert ids(reading.completions(stream.cursor, follow=False)) == []
    assert stream.lost == 0


def test_those_of_one_partition_come_in_their_order(client: ff.Client):
    expected = ended(client, 50, lane="gpu")
    assert ids(client.completions(follow=False)) == expected


def test_a_reader_goes_on_where_it_was_in_another_process(reading: ff.Client, other: ff.Client):
    """At every place: the cursor is a text, and the new reader another client."""
    expected = ended(reading, 30)
    whole = ids(reading.completions(follow=False))
    assert set(whole) == set(expected)
    for place in range(31):
        stream = reading.completions(follow=False)
        before = [next(stream).execution_id for _ in range(place)]
        assert ids(other.completions(stream.cursor, follow=False)) == whole[place:]
        assert before == whole[:place]


def test_the_cursor_of_a_reader_that_has_found_nothing_is_good_too(reading: ff.Client):
    stream = reading.completions(follow=False)
    unread = stream.cursor
    assert list(stream) == []
    expected = ended(reading, 3)
    for cursor in (unread, stream.cursor):
        assert set(ids(reading.completions(cursor, follow=False))) == set(expected)


def test_readers_do_not_disturb_each_other(reading: ff.Client):
    expected = ended(reading, 20)
    streams = [reading.completions(follow=False) for _ in range(3)]
    found = [[next(stream).execution_id for stream in streams] for _ in expected]
    assert all(len(set(row)) == 1 for row in found)
    assert {row[0] for row in found} == set(expected)


def test_more_than_a_page_at_one_moment_comes_whole(
    foreign: Server, client: ff.Client, monkeypatch: pytest.MonkeyPatch
):
    """The place in an index is a time, and many can end at the same one."""
    monkeypatch.setattr(completion_index, "MEMBERS_A_LOOK", 4)
    expected = ended(client, 30, lane="gpu")
    tag = expected[0].tag
    for execution in expected[5:25]:
        foreign.zadd(f"ff:idx:{tag}:lane:gpu:terminal", {execution: 1_795_000_000_000})
        foreign.hset(f"ff:exec:{tag}:{execution}:core", "completed_at", 1_795_000_000_000)
    stream = client.completions(follow=False)
    found: list[ExecutionId] = []
    while item := next(stream, None):
        found.append(item.execution_id)
        stream = client.completions(stream.cursor, follow=False)
    assert sorted(found) == sorted(expected)


def test_an_end_that_gave_way_to_a_later_one_is_told_as_that(foreign: Server, client: ff.Client):
    """Between a look at the index and one at the core the execution was replayed and has ended again."""
    [execution] = ended(client, 1, lane="gpu")
    core, index = f"ff:exec:{execution.tag}:{execution}:core", f"ff:idx:{execution.tag}:lane:gpu:terminal"
    later = int(foreign.hget(core, "completed_at")) + 1
    foreign.hset(core, "completed_at", later)
    stream = client.completions(follow=False)
    assert ids(stream) == []
    foreign.zadd(index, {execution: later})
    assert ids(stream) == [execution]


def test_more_than_a_page_of_a_stream_comes_whole(client: ff.Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(completion_stream, "ENTRIES_A_TRIP", 1)
    expected = ended(client, 100)
    assert sorted(ids(client.completions(follow=False))) == sorted(expected)


# Where the server or the reader goes away


def test_a_reader_survives_the_loss_of_its_connection(server: Server, reading: ff.Client):
    expected = ended(reading, 40)
    stream = reading.completions(follow=False)
    found = [next(stream).execution_id for _ in range(10)]
    server.client_kill_filter(_type="normal", skipme=True)
    found += [next(stream).execution_id for _ in range(10)]
    cursor = stream.cursor
    server.client_kill_filter(_type="normal", skipme=True)
    found += ids(reading.completions(cursor, follow=False))
    assert len(found) == len(expected)
    assert set(found) == set(expected)


@pytest.mark.parametrize("lost", ["lose_reply", "lose_request"])
def test_a_reader_survives_the_loss_of_what_it_was_reading(
    shaky: ff.Client, proxy: Proxy, lost: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(completion_stream, "ENTRIES_A_TRIP", 1)
    expected = ended(shaky, 60)
    stream = shaky.completions(follow=False)
    found = [next(stream).execution_id for _ in range(5)]
    getattr(proxy, lost).append(b"XREAD")
    found += ids(stream)
    assert len(found) == len(expected)
    assert set(found) == set(expected)
    assert not getattr(proxy, lost)


@pytest.mark.usefixtures("impatient")
def test_a_reader_goes_on_when_the_server_is_back(shaky: ff.Client, proxy: Proxy, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(completion_stream, "ENTRIES_A_TRIP", 1)
    expected = ended(shaky, 60)
    stream = shaky.completions(follow=False)
    found = [next(stream).execution_id for _ in range(5)]
    proxy.stop()

    def read_on() -> None:
        while True:
            found.append(next(stream).execution_id)

    with pytest.raises(NotConnected):
        read_on()
    assert len(found) < len(expected)
    come_back(proxy)
    found += ids(stream)
    assert len(found) == len(expected)
    assert set(found) == set(expected)


def come_back(proxy: Proxy) -> None:
    path = Path(proxy.url.removeprefix("unix://"))
    path.unlink()
    proxy.listener = socket.socket(socket.AF_UNIX)
    proxy.listener.bind(str(path))
    proxy.start()


def test_streams_that_were_lost_with_the_server_are_read_from_where_they_are_now(client: ff.Client, server: Server):
    """After a crash the newest entries can be gone, and their numbers are given out again."""
    ended(client, 5, lane="gpu")
    stream = client.completions(follow=False)
    assert len(list(stream)) == 5
    for name in server.scan_iter("ffx:completions:*", count=1000):
        server.delete(name)
    expected = ended(client, 3, lane="gpu")
    assert ids(stream) == expected
    assert stream.lost == 0


# A reader that comes too late


def test_a_reader_is_told_how_many_were_dropped_before_it_came(client: ff.Client, server: Server):
    client.keep_completions(100)
    first = ended(client, 10, lane="gpu")
    stream = client.completions(follow=False)
    seen = [next(stream).execution_id for _ in range(4)]
    assert seen == first[:4]
    cursor = stream.cursor
    total = 10 + len(ended(client, 990, lane="gpu"))
    late = client.completions(cursor, follow=False)
    found = ids(late)
    kept = server.xlen(f"ffx:completions:{first[0].tag}")
    assert 100 <= kept < 400
    assert len(found) == kept
    assert late.lost == total - 4 - kept
    rest = ids(stream)  # has the first page already
    assert rest[:6] == first[4:]
    assert stream.lost == total - 10 - kept
    assert len(rest) == 6 + kept


def test_what_a_reader_had_not_come_to_on_another_partition_is_counted_too(client: ff.Client, server: Server):
    client.keep_completions(100)
    one, two = one_on_each_of_two_partitions(client)
    ended(client, 3, lane=one)
    stream = client.completions(follow=False)
    total = 3 + 5
    ended(client, 5, lane=two)
    next(stream)
    cursor = stream.cursor
    total += len(ended(client, 600, lane=two))
    late = client.completions(cursor, follow=False)
    assert 1 + len(ids(late)) + late.lost == total


def one_on_each_of_two_partitions(client: ff.Client) -> list[str]:
    """Two lanes that lie apart."""
    by_partition = {ExecutionId.solo(LaneId(lane), client.scope.partitions).tag: lane for lane in LANES}
    return list(by_partition.values())[:2]


def test_a_reader_that_began_before_the_first_one_is_told_too(client: ff.Client):
    client.keep_completions(100)
    stream = client.completions(follow=False)
    assert list(stream) == []
    early = stream.cursor
    total = len(ended(client, 600, lane="gpu"))
    for reader in (stream, client.completions(early, follow=False)):
        found = ids(reader)
        assert len(found) + reader.lost == total
        assert reader.lost > 0


def test_what_was_dropped_before_a_reader_began_is_not_lost_to_it(client: ff.Client):
    client.keep_completions(100)
    ended(client, 600, lane="gpu")
    stream = client.completions(follow=False)
    assert len(list(stream)) < 400
    assert stream.lost == 0


def test_nothing_sensible_can_be_kept_of_none(client: ff.Client, server: Server):
    with nothing_written(server), pytest.raises(InvalidInput, match="cannot keep 0 completions; give 1 or more"):
        client.keep_completions(0)


# What a reader does not want


def test_only_what_is_asked_for_comes(reading: ff.Client, url: str, connect: Connect):
    wanted = ended(reading, 6, lane="gpu", tags={"team.name": "a"})
    others = ended(reading, 6, lane="cpu", tags={"team.name": "b"})
    with connect(url, namespace="elsewhere") as stranger:
        foreign = ended(stranger, 6, lane="gpu", tags={"team.name": "a"})
        assert ids(stranger.completions(follow=False)) == foreign
        assert set(ids(stranger.completions(namespace="default", follow=False))) == {*wanted, *others}
    kind = reading.submit("special", lane="gpu")
    kind.cancel()

    def found(**options: Any) -> set[ExecutionId]:
        return set(ids(reading.completions(follow=False, **options)))

    assert found() == {*wanted, *others, kind.id}
    assert found(lane="gpu") == {*wanted, kind.id}
    assert found(kind="special") == {kind.id}
    assert found(tag=("team.name", "a")) == set(wanted)
    assert found(tag=("team.name", "b"), lane="gpu") == set()
    assert found(namespace="elsewhere") == set(foreign)
    assert found(namespace="") == set()


def test_what_is_not_wanted_is_passed_all_the_same(reading: ff.Client):
    """A reader that wants little does not read the rest again and again."""
    ended(reading, 30, lane="cpu")
    stream = reading.completions(kind="special", follow=False)
    assert list(stream) == []
    late = reading.submit("special")
    late.cancel()
    everything = reading.completions(stream.cursor, follow=False)
    assert ids(everything) == [late.id]


def test_tags_that_cannot_be_read_are_no_match(reading: ff.Client, server: Server):
    damaged, gone, tagged = ended(reading, 3, lane="gpu", tags={"team.name": "a"})
    for execution in (damaged, gone):
        server.delete(f"ff:exec:{execution.tag}:{execution}:tags")
    server.set(f"ff:exec:{damaged.tag}:{damaged}:tags", "no hash")
    assert ids(reading.completions(tag=("team.name", "a"), follow=False)) == [tagged]
    assert ids(reading.completions(tag=("team.name", ""), follow=False)) == []


def test_reading_begins_at_a_time(reading: ff.Client, server: Server):
    before = ended(reading, 3)
    wait_until(lambda: now(reading, server) > last_end(reading), "the next ends come later")
    moment = now(reading, server)
    after = ended(reading, 3)
    for since in (moment, datetime.fromtimestamp(moment / 1_000, UTC)):
        assert sorted(ids(reading.completions(since, follow=False))) == sorted(after)
    assert sorted(ids(reading.completions(1, follow=False))) == sorted([*before, *after])


def last_end(client: ff.Client) -> int:
    return max(item.produced_at_ms for item in client.completions(follow=False))


def test_reading_can_begin_in_the_middle_of_what_was_lost(client: ff.Client, server: Server):
    """From a time on nothing is known of earlier numbers, so nothing is counted as lost."""
    ended(client, 3, lane="gpu")
    wait_until(lambda: now(client, server) > last_end(client), "the next ends come later")
    looked, unused = (client.completions(now(client, server), follow=False) for _ in range(2))
    assert list(looked) == []
    expected = ended(client, 2, lane="gpu")
    for stream in (looked, unused):
        assert ids(stream) == expected
        assert stream.lost == 0


# Waiting


def test_a_reader_waits_for_what_comes(server: Server, reading: ff.Client, other: ff.Client):
    run = other.submit("job")
    server.config_resetstat()

    def looked() -> bool:
        stats = server.info("commandstats")
        return any(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] > PARTITIONS for name in ("xread", "zrange"))

    def cancel_late() -> None:
        wait_until(looked, "the reader has found nothing several times")
        run.cancel()

    helper = threading.Thread(target=cancel_late)
    helper.start()
    assert next(reading.completions()).execution_id == run.id
    helper.join()


def test_a_look_at_all_streams_is_one_command(client: ff.Client):
    stream = client.completions(follow=False)
    assert list(stream) == []
    with counted_trips() as trips:
        assert list(stream) == []
    assert trips == [1]


async def test_an_async_reader_that_is_interrupted_goes_on(server: Server, url: str):
    async with ff.AsyncClient.connect(url) as client:
        stream = client.completions()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.02)
        run = await client.submit("job")
        await run.cancel()
        assert (await anext(stream)).execution_id == run.id
        async for item in client.completions(follow=False):
            assert item.execution_id == run.id


# Cursors that are none


def forged(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "ü",
        forged("{}"),
        forged("[1]"),
        forged('{"completions":"start","since":"soon"}'),
        forged('{"completions":"streams","since":0,"at":{"{fp:0}":["x",1]}}'),
        forged('{"completions":"streams","since":0,"at":{"{fp:0}":["1-1"]}}'),
        forged('{"completions":"indexes","at":[1]}'),
        forged("1795000000000 {fp:1}:1f073a2a-2f67-4d5d-94bb-e92e7333c854"),
    ],
)
def test_a_text_that_is_no_cursor_is_refused_at_once(client: ff.Client, cursor: str):
    with pytest.raises(InvalidInput, match="this is no cursor of completions; pass `cursor` of an earlier iteration"):
        client.completions(cursor)


def test_the_cursor_of_a_listing_is_none_of_completions(client: ff.Client):
    ended(client, 3)
    cursor = client.list_executions(limit=1).next
    assert cursor
    with pytest.raises(InvalidInput, match="no cursor of completions"):
        client.completions(cursor)


def test_the_cursor_of_another_server_is_refused(client: ff.Client):
    cursor = forged('{"completions":"streams","since":0,"at":{"{fp:99}":["1-1",1]}}')
    with pytest.raises(InvalidInput, match="this cursor is from a server with other partitions; start without one"):
        next(client.completions(cursor))


def test_a_cursor_for_streams_is_refused_where_no_streams_are_written(
    server: Server, client: ff.Client, request: pytest.FixtureRequest
):
    """Whoever went on with the indexes would get some again, and whoever read the old streams would miss all."""
    ended(client, 3)
    stream = client.completions(follow=False)
    list(stream)
    request.getfixturevalue("foreign")
    with pytest.raises(InvalidInput, match="streams that the server's library does not write; start without one"):
        next(client.completions(stream.cursor))


def test_a_cursor_for_indexes_goes_on_where_streams_are_written(foreign: Server, client: ff.Client):
    ended(client, 3)
    stream = client.completions(follow=False)
    assert len(list(stream)) == 3
    foreign.function_load(assemble(), replace=True)
    expected = ended(client, 4)
    assert sorted(ids(client.completions(stream.cursor, follow=False))) == sorted(expected)


def test_bad_options_are_one_line(client: ff.Client):
    bad: dict[str, tuple[Callable[[], Any], str]] = {
        "tag": (lambda: client.completions(tag="team.name"), r"a tag is a pair of name and value"),  # type: ignore[arg-type]
        "lane": (lambda: client.completions(lane=""), "lane id is empty"),
    }
    for make, message in bad.values():
        with pytest.raises(InvalidInput, match=message) as caught:
            make()
        assert "\n" not in str(caught.value)


def test_under_the_tests_clock_too(clock: Server, client: ff.Client):
    """Entries have the server's time in their ids, whatever the library's clock says."""
    first = ended(client, 2, lane="gpu")
    clocked.advance(clock, 3_600_000)
    second = ended(client, 2, lane="gpu")
    assert ids(client.completions(follow=False)) == [*first, *second]
