"""Getting work: the best first, over all partitions and lanes, each piece by one worker only."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest
from conformance.clocked import Server
from integration.conftest import PARTITIONS
from integration.steps import events, nothing_written, promote, suspended, taken, work
from waiting import wait_until

import ff_core as ff
from ff_core.errors import (
    CapabilityMismatch,
    ExecutionNotEligible,
    ExecutionNotFound,
    FlowFabricError,
    GrantAlreadyExists,
    InvalidInput,
    ServerError,
)
from ff_core.types import ExecutionId, LaneId, PartitionCounts

COUNTS: Final = PartitionCounts(PARTITIONS, PARTITIONS, PARTITIONS)
NOBODY: Final = "{fp:1}:1f073a2a-2f67-4d5d-94bb-e92e7333c854"


def lanes_on_all_partitions() -> list[str]:
    """One lane for each partition: work without a flow lies where its lane does."""
    names = [f"lane{number}" for number in range(50)]
    found = {ExecutionId.solo(LaneId(name), COUNTS).tag: name for name in names}
    assert len(found) == PARTITIONS
    return list(found.values())


def looks(server: Server) -> int:
    """How often a queue was looked at since the counters were reset."""
    return server.info("commandstats").get("cmdstat_zrange", {"calls": 0})["calls"]


def test_a_claim_gives_everything_that_was_submitted(client: ff.Client):
    run = client.submit("summarize", {"doc": 1}, lane="gpu", tags={"team.name": "a"})
    task = taken(client, "gpu", lease_ttl="10s")
    assert (task.id, task.kind, task.payload, task.tags) == (run.id, "summarize", {"doc": 1}, {"team.name": "a"})
    assert (task.lane, task.attempt_index, task.resumed, task.lease_ttl_ms) == ("gpu", 0, False, 10_000)
    snapshot = client.describe(task)
    assert snapshot.current_lease
    assert snapshot.current_lease.expires_at == task.lease_expires_at
    assert snapshot.public_state == "active"
    assert repr(task).endswith(f"Task('summarize', '{run.id}', attempt 0)")
    assert "uuid" not in repr(task)


def test_nothing_is_claimed_where_nothing_waits(client: ff.Client):
    client.submit("job", lane="other")
    client.submit("job", delay="1h")
    assert client.claim() is None
    assert client.claim_many(5) == []


def test_the_highest_priority_goes_first_and_then_the_oldest(client: ff.Client, server: Server):
    """Over lanes that lie on different partitions."""
    lanes = lanes_on_all_partitions()
    order = [
        client.submit("job", {"place": place}, lane=lanes[place % PARTITIONS], priority=priority).id
        for place, priority in enumerate([0, 5, 9000, 5, 20, 0])
    ]
    for place, execution in enumerate(order):  # no two at one time
        server.hset(f"ff:exec:{execution.tag}:{execution}:core", "created_at", 1_000 + place)
        client.change_priority(execution, [0, 5, 9000, 5, 20, 0][place])
    claimed = [taken(client, *lanes).payload["place"] for _ in order]
    assert claimed == [2, 4, 1, 3, 0, 5]


def test_a_lane_that_is_named_twice_is_looked_at_once(client: ff.Client):
    client.submit_many("job", range(3), lane="gpu")
    assert len(client.claim_many(5, "gpu", "gpu")) == 3


def test_only_a_worker_with_the_capabilities_gets_the_work(client: ff.Client):
    run = client.submit("job", capabilities=["cuda", "big-memory"])
    assert client.claim() is None
    assert client.claim(capabilities=["cuda"]) is None
    assert taken(client, capabilities=["cuda", "big-memory", "more"]).id == run.id


def test_work_for_others_at_the_head_of_the_queue_holds_nobody_up(client: ff.Client):
    """Deeper than the eight heads of the first look."""
    client.submit_many("job", range(30), capabilities=["cuda"], priority=9)
    runs = client.submit_many("job", range(3))
    assert {taken(client).id for _ in runs} == {run.id for run in runs}
    assert client.claim() is None


def test_what_was_passed_over_is_not_passed_over_the_next_time(client: ff.Client):
    client.submit_many("job", range(20), capabilities=["cuda"])
    assert client.claim() is None
    assert len(client.claim_many(50, capabilities=["cuda"])) == 20


def test_claim_many_gives_the_best_and_not_more_than_asked_for(client: ff.Client):
    client.submit_many("job", range(10), priority=1)
    best = {run.id for run in client.submit_many("job", range(4), priority=2)}
    assert {task.id for task in client.claim_many(4)} == best
    assert len(client.claim_many(100)) == 10


def test_queue_entries_without_an_execution_are_passed_over(client: ff.Client, server: Server):
    run = client.submit("job")
    queue = f"ff:idx:{run.id.tag}:lane:default:eligible"
    for number in range(20):
        server.zadd(queue, {f"{run.id.tag}:{number:08d}-0000-4000-8000-000000000000": -1})
    assert taken(client).id == run.id
    assert client.claim() is None


def test_a_claim_waits_for_work(client: ff.Client, other: ff.Client, server: Server):
    server.config_resetstat()

    def submit_late() -> None:
        wait_until(lambda: looks(server) > PARTITIONS, "the claim has found nothing twice")
        other.submit("job", {"n": 1})

    helper = threading.Thread(target=submit_late)
    helper.start()
    task = client.claim(max_wait="20s")
    helper.join()
    assert task
    assert task.payload == {"n": 1}


def test_a_claim_does_not_wait_longer_than_it_may(client: ff.Client):
    assert client.claim(max_wait="20ms") is None


def test_claim_id_takes_exactly_one_whatever_its_lane_and_place(client: ff.Client):
    client.submit_many("job", range(5), lane="gpu", priority=9)
    run = client.submit("job", {"n": 1}, lane="gpu")
    task = client.claim_id(run.id)
    assert (task.id, task.payload, task.lane) == (run.id, {"n": 1}, "gpu")


def test_claim_id_says_what_it_was_refused_with(client: ff.Client, server: Server):
    task = work(client)
    delayed = client.submit("job", delay="1h")
    demanding = client.submit("job", capabilities=["cuda"])
    refusals: dict[str, type[FlowFabricError]] = {
        task.id: ExecutionNotEligible,
        delayed.id: ExecutionNotEligible,
        demanding.id: CapabilityMismatch,
        NOBODY: ExecutionNotFound,
    }
    for target, refusal in refusals.items():
        with nothing_written(server), pytest.raises(refusal):
            client.claim_id(target)
    assert client.claim_id(demanding, capabilities=["cuda"]).id == demanding.id


def test_an_interrupted_attempt_goes_on_where_it_was(client: ff.Client, other: ff.Client):
    task = work(client, {"n": 1}, tags={"team.name": "a"})
    suspended(client, task)
    client.approve(task)
    again = taken(other)
    assert (again.id, again.resumed, again.attempt_index) == (task.id, True, 0)
    assert (again.payload, again.tags) == ({"n": 1}, {"team.name": "a"})
    assert events(client, task) == ["acquired", "released", "acquired"]
    again.complete()


def test_claim_id_goes_on_with_an_interrupted_attempt(client: ff.Client, server: Server):
    task = work(client)
    task.delay("1h")
    with pytest.raises(ExecutionNotEligible):
        client.claim_id(task)
    promote(server, task.id)
    assert client.claim_id(task).resumed


def granted(server: Server, run: ff.Run, worker: str) -> None:
    """A grant that some other worker holds and has not used yet."""
    grant = f"ff:exec:{run.id.tag}:{run.id}:claim_grant"
    server.hset(grant, mapping={"worker_id": worker, "grant_expires_at": 9_000_000_000_000})


def test_work_that_is_reserved_for_a_worker_of_another_kind_is_left_alone(client: ff.Client, server: Server):
    run = client.submit("job", priority=9)
    granted(server, run, "rust")
    later = client.submit("job")
    assert taken(client).id == later.id
    with nothing_written(server), pytest.raises(GrantAlreadyExists):
        client.claim_id(run)


def test_a_lease_that_was_got_under_the_grant_of_a_fellow_worker_is_not_thrown_away(client: ff.Client, server: Server):
    """The library looks at the worker's name only, and all clients share one: the refused grant means nothing then."""
    run = client.submit("job")
    granted(server, run, "python")
    task = client.claim_id(run)
    task.complete()
    assert client.describe(run).public_state == "completed"


def test_a_fellow_workers_grant_does_not_stand_in_for_a_capability(client: ff.Client, server: Server):
    run = client.submit("job", capabilities=["cuda"])
    granted(server, run, "python")
    with nothing_written(server), pytest.raises(CapabilityMismatch, match="cuda"):
        client.claim_id(run)


def test_many_workers_at_once_share_the_work_without_loss_or_repeat(server: Server, url: str):
    workers, executions = 4, 400
    with ff.connect(url) as submitter:
        ids = {run.id for run in submitter.submit_many("job", range(executions))}
    start = threading.Barrier(workers)

    def claim_all() -> list[str]:
        with ff.connect(url) as client:
            start.wait()
            mine: list[str] = []
            while tasks := client.claim_many(100):
                mine += [task.id for task in tasks]
            return mine

    with ThreadPoolExecutor(workers) as pool:
        found = [future.result() for future in [pool.submit(claim_all) for _ in range(workers)]]
    claimed = [execution for mine in found for execution in mine]
    assert len(claimed) == len(set(claimed))
    active = {member.decode() for tag in range(PARTITIONS) for member in server.zrange(key_of_active(tag), 0, -1)}
    assert active == set(claimed), "a lease that nobody knows of"
    assert active == ids


def key_of_active(partition: int) -> str:
    return f"ff:idx:{{fp:{partition}}}:lane:default:active"


def test_threads_may_share_one_client(server: Server, url: str):
    with ff.connect(url) as client, ThreadPoolExecutor(8) as pool:

        def one_life(number: int) -> Any:
            run = client.submit("job", number)
            client.claim_id(run).complete(number * 2)
            return client.result(run)

        assert list(pool.map(one_life, range(100))) == [number * 2 for number in range(100)]


def test_what_was_claimed_reaches_the_worker_even_if_the_next_claim_breaks(client: ff.Client, server: Server):
    """Its leases run: whoever is only told of the fault would never know of them."""
    good = client.submit("job", priority=9)
    damaged(client, server)
    assert [task.id for task in client.claim_many(2)] == [good.id]


def test_a_claim_that_breaks_says_so(client: ff.Client, server: Server):
    damaged(client, server)
    with pytest.raises(ServerError, match="WRONGTYPE"):
        client.claim()


def damaged(client: ff.Client, server: Server) -> None:
    """An execution whose claim the server cannot carry out."""
    run = client.submit("job")
    server.set(f"ff:exec:{run.id.tag}:{run.id}:attempts", "no sorted set")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"lease_ttl": 0}, "a lease of 0 is over at once; give a longer time, such as 30s"),
        ({"lease_ttl": "soon"}, "duration 'soon' is unclear"),
        ({"max_wait": -1}, "duration -1 is out of range"),
        ({"capabilities": "cuda"}, r"capabilities are a list of words; write \['cuda'\]"),
        ({"capabilities": ["a,b"]}, "capability 'a,b' has a comma; give two"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_one_line(
    client: ff.Client, server: Server, options: dict[str, Any], message: str
):
    client.submit("job")
    with nothing_written(server), pytest.raises(InvalidInput, match=message):
        client.claim(**options)


def test_a_count_below_one_and_an_empty_lane_are_refused(client: ff.Client):
    with pytest.raises(InvalidInput, match="cannot claim 0 executions; give 1 or more"):
        client.claim_many(0)
    with pytest.raises(InvalidInput, match="lane id is empty"):
        client.claim("")


@pytest.mark.parametrize("call", ["claim", "claim_id", "reclaim"])
def test_an_option_that_does_not_exist_is_not_passed_over(client: ff.Client, call: str):
    """Whoever misspells `capabilities` would get work that it cannot do."""
    targets = () if call == "claim" else (client.submit("job").id,)
    with pytest.raises(TypeError, match="capabilites"):
        getattr(client, call)(*targets, capabilites=["cuda"])
