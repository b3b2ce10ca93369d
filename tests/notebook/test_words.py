"""The words of ``%ff``, as one uses them."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from inspect import signature
from pathlib import Path

import pytest
import valkey
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from notebook.conftest import Ff, everything_stored, suspended

import ff_notebook
from ff_core.client import Client
from ff_core.home.server import stop
from ff_notebook.session import SESSION
from ff_notebook.words import described


def test_the_main_job_word_by_word(ff: Ff):
    run = ff('submit summarize {"document": 7} --lane drafts --priority 3 --tag team=press')
    task = ff("claim drafts")
    assert task.id == run.id
    assert task.payload == {"document": 7}
    ff("progress 40 half of it")
    ff("suspend --timeout 10m")
    assert "summarize" in repr(ff("inbox"))
    ff(f"approve {run.id} --comment fine")
    assert ff("claim drafts").id == run.id
    ff('complete {"summary": "short"}')
    assert ff(f"result {run.id}") == {"summary": "short"}
    assert str(ff(f"wait {run.id}").state) == "completed"


def test_a_rejection_reaches_the_worker(ff: Ff):
    run = ff("submit deploy")
    ff("claim")
    ff("suspend")
    ff(f"reject {run.id} --comment 'too early'")
    assert [signal.signal_name for signal in ff("claim").signals] == ["reject"]
    ff("fail 'was rejected' --class permanent")
    assert str(ff(f"show {run.id}").state) == "failed"


def test_delayed_and_cancelled_work(ff: Ff):
    delayed, cancelled = ff("submit a"), ff("submit b --delay 1h")
    ff("claim")
    ff("delay 1h")
    ff(f"cancel {cancelled.id}")
    states = dict(zip(ff("ls").df["id"], ff("ls").df["state"], strict=True))
    assert states == {delayed.id: "delayed", cancelled.id: "cancelled"}


def test_an_id_may_be_cut_short(ff: Ff):
    run = ff("submit a")
    short = run.id.rpartition(":")[2][:6]
    assert ff(f"show {short}").id == run.id


def test_every_word_is_a_function_too(ff: Ff):
    run = ff_notebook.submit("a", {"n": 1})
    assert ff_notebook.claim().id == run.id
    assert ff_notebook.complete({"n": 2})
    assert ff_notebook.result(run.id) == {"n": 2}


def test_the_body_of_a_cell_is_data(shell: InteractiveShell, ff: Ff):
    shell.user_ns["rows"] = [1, 2]
    body = '{"text": "costs {rows} $rows", "rows": {{rows}}}\n'
    run = shell.run_cell_magic("ff", "submit load -o kept", body)
    assert shell.user_ns["kept"] is run
    assert ff("claim").payload == {"text": "costs {rows} $rows", "rows": [1, 2]}


def test_the_same_key_gives_the_same_execution(ff: Ff):
    assert ff("submit a --key once").id == ff("submit a --key once").id
    assert len(ff("ls").df) == 1


def test_filters_of_a_listing(ff: Ff):
    ff("submit a --lane one --tag team=x")
    ff("submit b --lane two")
    assert list(ff("ls --lane two").df["kind"]) == ["b"]
    assert list(ff("ls --kind a").df["kind"]) == ["a"]
    assert list(ff("ls --tag team=x").df["kind"]) == ["a"]
    assert list(ff("ls --state suspended").df["kind"]) == []
    assert len(ff("ls --limit 1").df) == 1


def test_words_and_functions_agree_on_their_values():
    for word, parser in described().parsers.items():
        told = {action.dest for action in parser.described} - {"help", "output"}
        assert told <= set(signature(getattr(ff_notebook, word)).parameters), word


def test_help_lists_the_words_and_explains_one(cell: Callable[[str], str]):
    assert all(word in cell("%ff --help") for word in ("submit", "claim", "inbox", "approve", "result"))
    assert "--max-wait" in cell("%ff claim --help")


MISTAKES = {
    "shw": "did you mean show",
    "submit": "KIND",
    "submit a {broken": "JSON",
    "submit a --prio": "--priority",
    "submit a --priority high": "high",
    "submit a --lane ''": "lane",
    "submit a --delay soon": "soon",
    "ls --state waitng": "waiting",
    "show zzzz": "zzzz",
    "result {fp:9}:nonsense": "UUID",
    "complete": "you hold no task",
    "progress 40": "you hold no task",
    "claim --max-wait whenever": "whenever",
    "approve 00000000": "00000000",
    "approve {decided}": "The waitpoint is closed",
    "reject {decided}": "The waitpoint is closed",
    "reject {run}": "does not wait",
    "result {run}": "the execution has not completed",
    "wait {run} --timeout never": "never",
    "wait {run} --timeout 1ms": "which is waiting",
    "submit a --tag team": "write name=value",
    "submit a --retries -1": "retries is -1",
    "submit a -o 1x": "'1x' is no name for a variable",
    "submit a {{nope}}": "there is no variable nope",
    "submit a b": "a text needs double quotes",
    "submit a 1 2": "'2' is one too many",
    "submit a {'single': 1}": "in double quotes",
    'submit a {"n": 1': "JSON",
    "submit ''": "the kind is empty",
    "ls --limit 0": "give 1 or more",
    "ls --tag team": "write name=value",
    "status now": "'now' is one too many",
    "connect http://example.invalid": "valkey://",
    "connect valkey://127.0.0.1:1": "There is no connection to the server",
    "connect --namespace ''": "the namespace is empty",
    "connect valkey://localhost --home x": "a URL and a home were given",
}

MISTAKES_WHILE_HOLDING = {
    "progress much": "'much' is no number",
    "progress 140": "from 0 to 100",
    "complete {broken": "JSON",
    "fail": "REASON",
    "fail broken --class permanant": "did you mean permanent",
    "delay soon": "soon",
    "suspend --timeout later": "later",
    "suspend --on-timeout explode": "valid are fail",
    "suspend --reason waiting_for_aproval": "did you mean waiting_for_approval",
    "claim": "you hold held",
    "connect": "you hold held",
}


def assert_refused(shell: InteractiveShell, cell: Callable[[str], str], line: str, said: str):
    """The line is refused in one line, and a cell with it shows that line and nothing else."""
    with pytest.raises(UsageError) as refused:
        shell.run_line_magic("ff", line)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    shown = cell(f"%ff {line}")
    assert shown.startswith("UsageError: ")
    assert "\n" not in shown


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_one_line_and_writes_nothing(
    shell: InteractiveShell, client: Client, cell: Callable[[str], str], raw: valkey.Valkey, line: str
):
    decided = suspended(client).details.waitpoint_id
    client.approve(decided)
    run = client.submit("untouched", lane="other").id
    before = everything_stored(raw)
    asked = line.replace("{decided}", decided).replace("{run}", run)
    assert_refused(shell, cell, asked, MISTAKES[line])
    assert everything_stored(raw) == before


@pytest.mark.parametrize("line", MISTAKES_WHILE_HOLDING)
def test_a_mistake_while_holding_work_is_one_line_and_writes_nothing(
    shell: InteractiveShell, ff: Ff, cell: Callable[[str], str], raw: valkey.Valkey, line: str
):
    ff("submit held")
    ff("claim")
    before = everything_stored(raw)
    assert_refused(shell, cell, line, MISTAKES_WHILE_HOLDING[line])
    assert everything_stored(raw) == before
    assert ff("complete")


@pytest.mark.parametrize(
    "first, body, said",
    [
        ("ls", "{}", "%ff ls takes no body"),
        ("submit a", '{"n": 1,}', "in the body, this is no JSON, at line 1, column 9"),
        ("submit a", "n: 1", "in the body, this is no JSON"),
        ("submit a 1", "2", "JSON in the line and in the body"),
        ("submit a", '{"n": {{nope}}}', "there is no variable nope"),
        ("submitt a", "{}", "did you mean submit?"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_and_writes_nothing(
    shell: InteractiveShell, raw: valkey.Valkey, first: str, body: str, said: str
):
    before = everything_stored(raw)
    with pytest.raises(UsageError) as refused:
        shell.run_cell_magic("ff", first, body)
    assert said in str(refused.value)
    assert everything_stored(raw) == before


def test_a_connection_that_fails_leaves_the_former_one(ff: Ff, url: str):
    with pytest.raises(UsageError):
        ff("connect valkey://127.0.0.1:1")
    assert url in repr(ff("status"))


def test_the_first_use_connects_to_the_embedded_engine(ff: Ff, ff_home: Path):
    SESSION.close()
    ff("submit a")
    assert str(ff_home) in repr(ff("status"))
    stop(ff_home)


def test_an_unknown_lane_is_answered_with_the_nearest(ff: Ff):
    ff("submit a --lane reviews")
    nothing = ff("claim review")
    assert not nothing
    assert repr(nothing) == "nothing to claim on review; no lane review is known; did you mean reviews?"


def test_a_retry_and_an_end_for_good_are_told_apart(ff: Ff):
    ff("submit a --retries 1")
    ff("claim")
    assert "tried again from" in repr(ff("fail broken"))
    ff("submit b --retries 1 --lane b")
    ff("claim b")
    assert "for good" in repr(ff("fail broken --class permanent"))


def test_submit_can_wait_for_the_end(ff: Ff, client: Client, shell: InteractiveShell):
    def work() -> None:
        task = client.claim(max_wait="10s")
        assert task
        task.complete({"n": 2})

    with ThreadPoolExecutor() as worker:
        done = worker.submit(work)
        execution = ff("submit a --wait -o kept")
        done.result()
    assert execution.result == {"n": 2}
    assert shell.user_ns["kept"] is execution


def test_a_waitpoint_can_be_named_by_its_beginning(ff: Ff, client: Client):
    waitpoint = suspended(client).details.waitpoint_id
    assert ff(f"approve {waitpoint[:8]}").value.waitpoint_id == waitpoint


def test_a_beginning_that_several_share_is_refused(ff: Ff, client: Client):
    for _ in range(17):
        suspended(client)
    with pytest.raises(UsageError, match="begin with"):
        ff(f"approve {Counter(row.execution_id.uuid[0] for row in client.pending_waitpoints()).most_common(1)[0][0]}")


def test_work_that_is_held_is_not_forgotten_by_another_claim(ff: Ff):
    ff("submit a")
    ff("submit b")
    first = ff("claim")
    with pytest.raises(UsageError, match="you hold"):
        ff("claim")
    ff("complete")
    assert ff("claim").id != first.id


def test_completion_offers_words_and_options(shell: InteractiveShell):
    def offered(text: str) -> list[str]:
        with provisionalcompleter():
            return [completion.text for completion in shell.Completer.completions(text, len(text))]

    assert offered("%ff sub") == ["submit"]
    assert "--max-wait" in offered("%ff claim --max")
