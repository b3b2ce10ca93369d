"""The server of a home: found again, shared, recovered, ended. All with real processes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import valkey
from waiting import wait_until

from ff_core.errors import InvalidInput, NotConnected
from ff_core.home.server import ensure, status, stop

CONNECT = """
import sys, valkey
from ff_core.home.server import ensure
client = valkey.Valkey(unix_socket_path=str(ensure()))
"""


@pytest.fixture
def home(ff_home: Path) -> Iterator[Path]:
    """The folder of $FF_HOME. Whatever runs there is stopped in the end, and then nothing runs there."""
    yield ff_home
    stop(ff_home)
    wait_until(lambda: not running(ff_home), "keeper and server have ended")


def running(home: Path) -> dict[int, str]:
    """The processes in whose environment $FF_HOME is `home`, this one left out: pid -> command line."""
    found: dict[int, str] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"FF_HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
        except OSError:  # ended meanwhile, or another user's
            continue
    found.pop(os.getpid(), None)
    return found


def connect(socket: Path) -> valkey.Valkey:
    return valkey.Valkey(unix_socket_path=str(socket), decode_responses=True)


def uptime(client: valkey.Valkey) -> int:
    info: Any = client.info("server")
    return info["uptime_in_seconds"]


def watched(client: valkey.Valkey) -> bool:
    """Whether the keeper has connected to the server."""
    clients: Any = client.client_list()
    return any(other["name"] == "ff-keeper" for other in clients)


def refuses(client: valkey.Valkey) -> bool:
    try:
        return not client.ping()
    except valkey.ResponseError as error:
        return "busy" in str(error).lower()


def pids() -> tuple[int, int]:
    """Pids of keeper and server, once both have written theirs."""
    wait_until(lambda: status().keeper_pid and status().server_pid, "keeper and server run")
    keeper, server = status().keeper_pid, status().server_pid
    assert keeper is not None
    assert server is not None
    return keeper, server


def kill(*processes: int) -> None:
    for pid in processes:
        os.kill(pid, signal.SIGKILL)
    for pid in processes:
        wait_until(lambda pid=pid: not alive(pid), f"process {pid} has ended")


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended but was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def python(code: str) -> "subprocess.Popen[str]":
    """A Python process that runs `code`, in a session of its own."""
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)


def output(code: str) -> str:
    with python(code) as process:
        text, _ = process.communicate()
    assert process.returncode == 0
    return text.strip()


def test_the_next_process_finds_the_same_server_with_its_data(home: Path) -> None:
    pid = output(CONNECT + "client.set('name', 'Ada'); print(client.info('server')['process_id'])")
    assert output(CONNECT + "print(client.info('server')['process_id'], client.get('name'))") == f"{pid} b'Ada'"


def test_data_and_functions_outlive_an_orderly_stop(home: Path) -> None:
    with connect(ensure()) as client:
        client.set("name", "Ada")
        client.function_load("#!lua name=mine\nserver.register_function('one', function() return 1 end)")
    assert stop()
    with connect(ensure()) as client:
        assert client.get("name") == "Ada"
        assert client.fcall("one", 0) == 1


def test_an_interrupt_of_the_starters_process_group_spares_the_server(home: Path) -> None:
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL)" + CONNECT
    with python(code + "print('connected', flush=True); sys.stdin.read()") as starter:
        assert starter.stdout is not None
        starter.stdout.readline()
        before = pids()
        assert starter.pid not in {os.getsid(pid) for pid in before}
        os.killpg(starter.pid, signal.SIGINT)
        assert starter.wait() == -signal.SIGINT
    with connect(ensure()) as client:
        assert client.ping()
    assert pids() == before


@pytest.mark.parametrize("victims", ["server", "keeper", "both"])
def test_a_kill_loses_no_acknowledged_write(home: Path, victims: str) -> None:
    with connect(ensure()) as client:
        keeper, server = pids()
        for number in range(500):
            client.rpush("numbers", number)
        kill(*{"server": [server], "keeper": [keeper], "both": [keeper, server]}[victims])
    with connect(ensure()) as client:
        assert client.lrange("numbers", 0, -1) == [str(number) for number in range(500)]
        new_keeper, new_server = pids()
    assert (new_keeper == keeper) == (victims == "server")
    assert (new_server == server) == (victims == "keeper")
    assert running(home).keys() == {new_keeper, new_server}


@pytest.mark.parametrize("crashed", [False, True], ids=["nothing there", "after a crash"])
def test_six_starters_at_once_meet_one_server(home: Path, *, crashed: bool) -> None:
    if crashed:
        ensure()
        kill(*pids())
    code = CONNECT.replace("client =", "print('here', flush=True); sys.stdin.readline(); client =")
    starters = [python(code + "print(client.info('server')['process_id'])") for _ in range(6)]
    for starter in starters:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "here\n"
    for starter in starters:
        assert starter.stdin is not None
        starter.stdin.write("go\n")
        starter.stdin.flush()
    met = {starter.communicate()[0].strip() for starter in starters}
    keeper, server = pids()
    assert met == {str(server)}
    assert running(home).keys() == {keeper, server}


def test_a_connect_waits_until_the_data_is_read_back(home: Path) -> None:
    with connect(ensure()) as client:
        client.eval("for i = 1, 200000 do server.call('SET', 'key:' .. i, string.rep('x', 50)) end", 0)
        kill(pids()[1])
    with connect(ensure()) as client:
        assert client.dbsize() == 200_000


def test_a_connect_waits_for_a_server_that_a_long_script_keeps_busy(home: Path) -> None:
    with connect(ensure()) as client, connect(status().socket) as killer, ThreadPoolExecutor() as pool:
        client.config_set("busy-reply-threshold", 1)
        keeper, server = pids()
        script = pool.submit(client.eval, "while true do end", 0)
        wait_until(lambda: refuses(killer), "the server is busy")
        kill(keeper)
        newcomer = pool.submit(ensure)
        wait_until(lambda: status().keeper_pid not in {None, keeper}, "a new keeper is there")
        assert not newcomer.done()
        killer.script_kill()
        newcomer.result()
        with pytest.raises(valkey.ResponseError):
            script.result()
    assert pids()[1] == server


def test_a_server_whose_socket_was_deleted_is_replaced(home: Path) -> None:
    with connect(ensure()) as client:
        client.set("name", "Ada")
        wait_until(lambda: watched(client), "the keeper watches the server")
    before = pids()
    status().socket.unlink()
    with connect(ensure()) as client:
        assert client.get("name") == "Ada"
    keeper, server = pids()
    assert keeper == before[0]
    assert running(home).keys() == {keeper, server}


def test_keeper_and_server_end_when_idle_and_the_next_connect_goes_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FF_IDLE_EXIT", "0s")
    with connect(ensure()) as client:
        client.set("name", "Ada")
        wait_until(lambda: uptime(client) >= 3, "a home with a client is in use")
    wait_until(lambda: not running(home), "keeper and server end")
    assert not status().socket.exists()
    with connect(ensure()) as client:
        assert client.get("name") == "Ada"


def test_clients_that_come_and_go_count_as_use(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FF_IDLE_EXIT", "1s")

    socket = ensure()
    age = 0
    while age < 3:
        with connect(socket) as client:
            age = uptime(client)
        left = time.monotonic()
        wait_until(lambda left=left: time.monotonic() > left + 0.4, "nobody is there for a while")


def test_an_idle_limit_of_off_means_never(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FF_IDLE_EXIT", "off")
    ensure()
    assert "inf" in running(home)[pids()[0]].split()


def test_a_wrong_idle_limit_is_refused_before_anything_starts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FF_IDLE_EXIT", "soon")
    with pytest.raises(InvalidInput, match=r"^FF_IDLE_EXIT is 'soon'; use a duration such as \"30m\", or \"off\"$"):
        ensure()
    assert not home.exists()


def test_stop_ends_both_and_keeps_the_data(home: Path) -> None:
    assert not stop()
    assert not home.exists()
    socket = ensure()
    keeper, server = pids()
    assert status().running
    assert stop()
    wait_until(lambda: not alive(keeper) and not alive(server), "keeper and server have ended")
    assert not stop()
    found = status()
    assert (found.running, found.keeper_pid, found.server_pid) == (False, None, None)
    assert found.data_bytes > 0
    assert not socket.exists()


def test_stop_ends_a_server_that_lost_its_keeper(home: Path) -> None:
    ensure()
    keeper, server = pids()
    kill(keeper)
    assert stop()
    assert not alive(server)


def test_a_deleted_home_ends_keeper_and_server(home: Path) -> None:
    with connect(ensure()) as client:
        wait_until(lambda: watched(client), "the keeper watches the server")
    shutil.rmtree(home)
    wait_until(lambda: not running(home), "keeper and server end")


def test_damaged_data_is_reported_with_the_end_of_the_log(home: Path) -> None:
    ensure()
    stop()
    (home / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
    with pytest.raises(NotConnected, match="does not come up") as refusal:
        ensure()
    assert str(home / "server.log") in str(refusal.value)
    assert "AOF manifest" in str(refusal.value)
    wait_until(lambda: not running(home), "nothing is left of the attempt")


def test_a_full_log_makes_way_for_a_new_one(home: Path) -> None:
    home.mkdir(mode=0o700)
    (home / "server.log").write_text("x" * 1_000_001)
    ensure()
    wait_until((home / "server.log.1").exists, "the log is set aside")
    wait_until(lambda: (home / "server.log").stat().st_size < 10_000, "a new one is short")
