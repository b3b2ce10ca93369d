"""The words of ``%ff``, described once: parsing, help, completion and hints all come from here.

The names of the values are those of the functions in `ff_notebook.commands`, which a word calls.
"""

from __future__ import annotations

from ff_notebook.parser import (
    Joined,
    Pairs,
    Suggested,
    Words,
    comma_list,
    data,
    number,
    pair,
    whole_number,
)


def described() -> Words:
    """All words with their options."""
    words = Words()
    for group in (_connection, _work, _by_hand, _decisions, _looking):
        group(words)
    return words


def _connection(words: Words) -> None:
    word = words.add("connect", "Connect to a server, or to the embedded engine.", "connect valkey://localhost:6379/0")
    word.add_argument("url", metavar="URL", nargs="?", help="valkey://, valkeys:// or unix://; embedded without one")
    word.add_argument("--namespace", default="default", help="whose work to see (default)")
    word.add_argument("--home", metavar="FOLDER", help="where the embedded engine keeps its data")

    words.add("status", "Where this notebook is connected, and what it holds.", "status")


def _work(words: Words) -> None:
    word = words.add("submit", "Submit one piece of work.", 'submit summarize {"document": 1} --lane gpu --tag team=a')
    word.add_argument("kind", metavar="KIND", help="what kind of work it is")
    word.add_argument(
        "payload", metavar="JSON", nargs="?", type=data, help="what to work on; or the body of a %%%%ff cell"
    )
    word.add_argument("--lane", default="default", help="the queue to put it in (default)")
    word.add_argument(
        "--priority", type=whole_number, default=0, metavar="N", help="0 to 9000; higher is claimed earlier"
    )
    word.add_argument("--tag", dest="tags", type=pair, action=Pairs, metavar="K=V", help="again for each tag")
    word.add_argument("--key", help="submit only once for this key")
    word.add_argument("--delay", metavar="TIME", help="not before this time from now, such as 30s or 5m")
    word.add_argument("--deadline", metavar="TIME", help="to be done within this time")
    word.add_argument("--needs", type=comma_list, default=(), metavar="A,B", help="what a worker must be capable of")
    word.add_argument("--retries", type=whole_number, metavar="N", help="how often to try again after a failure")
    word.add_argument("--wait", action="store_true", help="wait until it has ended, for ten minutes at most")

    word = words.add("cancel", "Cancel an execution, whatever its state.", "cancel 3328ea7e")
    word.add_argument("target", metavar="ID", help="any unique beginning of its UUID")


def _by_hand(words: Words) -> None:
    word = words.add("claim", "Claim the best execution; its lease is kept alive in the background.", "claim gpu cpu")
    word.add_argument("lanes", metavar="LANE", nargs="*", help="lanes to look at (default)")
    word.add_argument("--needs", type=comma_list, default=(), metavar="A,B", help="what this worker is capable of")
    word.add_argument("--max-wait", default="0s", metavar="TIME", help="wait this long for one, such as 30s")

    word = words.add("progress", "Say how far the claimed work has come.", "progress 40 half of it")
    word.add_argument("percent", metavar="PCT", type=number, help="0 to 100")
    word.add_argument("text", metavar="TEXT", nargs="*", action=Joined, help="in words")

    word = words.add("complete", "Finish the claimed work with success.", 'complete {"summary": "all is well"}')
    word.add_argument("result", metavar="JSON", nargs="?", type=data, help="the result; or the body of a %%%%ff cell")

    word = words.add(
        "fail", "Fail the attempt; it is tried again as often as its policy says.", "fail the disk is full"
    )
    word.add_argument("reason", metavar="REASON", nargs="+", action=Joined, help="what went wrong")
    word.add_argument(
        "--class",
        dest="category",
        type=Suggested("FailureClass"),
        default="transient",
        metavar="CLASS",
        help="transient; permanent is never tried again",
    )

    word = words.add("delay", "Pause the claimed work for a time and give the lease back.", "delay 5m")
    word.add_argument("duration", metavar="DURATION", help="such as 30s, 5m or 2h")

    word = words.add("suspend", "Suspend the claimed work until somebody decides.", "suspend --timeout 10m")
    word.add_argument("--timeout", metavar="TIME", help="how long to wait for a decision; for ever without it")
    word.add_argument(
        "--on-timeout",
        type=Suggested("TimeoutBehavior"),
        default="fail",
        metavar="WHAT",
        help="what happens then: fail, cancel, expire, ...",
    )
    word.add_argument(
        "--reason",
        type=Suggested("SuspensionReason"),
        default="waiting_for_approval",
        metavar="REASON",
        help="what it waits for",
    )


def _decisions(words: Words) -> None:
    word = words.add("inbox", "What waits for a decision.", "inbox gpu")
    word.add_argument("lanes", metavar="LANE", nargs="*", help="only on these lanes")

    for verb, summary in (("approve", "Approve what waits for a decision."), ("reject", "Reject it.")):
        word = words.add(verb, summary, f'{verb} 3328ea7e --comment "seen"')
        word.add_argument("target", metavar="ID", help="any unique beginning of the UUID of execution or waitpoint")
        word.add_argument("--comment", default="", metavar="TEXT", help="goes to the worker")


def _looking(words: Words) -> None:
    word = words.add("ls", "Executions as a DataFrame, newest first.", "ls --state failed --limit 20")
    word.add_argument("--lane", help="only on this lane")
    word.add_argument("--state", type=Suggested("PublicState"), help="only in this state")
    word.add_argument("--kind", help="only of this kind")
    word.add_argument("--tag", dest="tags", type=pair, action=Pairs, metavar="K=V", help="only with this tag")
    word.add_argument("--limit", type=whole_number, default=50, metavar="N", help="at most so many (50)")

    word = words.add("show", "Everything about one execution.", "show 3328ea7e")
    word.add_argument("target", metavar="ID", help="any unique beginning of its UUID")

    word = words.add("wait", "Wait until an execution has ended.", "wait 3328ea7e --timeout 30s")
    word.add_argument("target", metavar="ID", help="any unique beginning of its UUID")
    word.add_argument("--timeout", default="10m", metavar="TIME", help="for how long at most (10m)")

    word = words.add("result", "What an execution was completed with.", "result 3328ea7e")
    word.add_argument("target", metavar="ID", help="any unique beginning of its UUID")
