"""The card of a claimed task: its lease clock, and what it says when the lease is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from notebook.conftest import Ff, faces, suspended
from waiting import wait_until

import ff_notebook
from ff_core.client import Client
from ff_core.home.server import stop
from ff_notebook.views.claim import Claim

SHORT_LEASE = "900ms"


@pytest.fixture
def claim(ff: Ff) -> Claim:
    ff('submit summarize {"document": 7} --tag team=press')
    claim = ff_notebook.claim(lease_ttl=SHORT_LEASE)
    assert isinstance(claim, Claim)
    return claim


def test_the_card_says_what_was_claimed(claim: Claim):
    card = claim.widget().card
    assert (card["kind"], card["payload"], card["tags"]) == ("summarize", '{"document": 7}', ["team=press"])
    assert (card["attempt"], card["phase"], card["ttl"]) == (1, "held", 900)
    assert card["expires"] > card["now"]


def test_every_renewal_sets_the_clock_anew(claim: Claim):
    widget = claim.widget()
    first = widget.card["expires"]
    wait_until(lambda: widget.card["expires"] > first + 900, "the lease outlives its first end")
    assert widget.card["phase"] == "held"


def test_progress_shows_on_the_card(claim: Claim, ff: Ff):
    ff("progress 40 half of it")
    card = claim.widget().card
    assert (card["percent"], card["text"]) == (40, "half of it")
    ff("progress 50")
    assert (claim.widget().card["percent"], claim.widget().card["text"]) == (50, "half of it")


@pytest.mark.parametrize(
    "line, said",
    [
        ("complete", "completed"),
        ("fail broken", "failed"),
        ("delay 1h", "delayed"),
        ("suspend", "suspended"),
        ("cancel {{kept}}", "cancelled"),
    ],
)
def test_a_task_that_was_given_back_says_so_and_is_renewed_no_more(
    claim: Claim, ff: Ff, shell: InteractiveShell, line: str, said: str
):
    shell.user_ns["kept"] = claim
    ff(line)
    assert claim.widget().card["phase"] == "ended"
    assert claim.widget().card["standing"] == f"given back: {said}"
    assert not ff("claim --needs gpu")


def test_a_lost_lease_shows_everywhere_and_frees_the_hands(
    claim: Claim, client: Client, ff: Ff, cell: Callable[[str], str]
):
    widget = claim.widget()
    client.revoke(claim.id)
    wait_until(lambda: widget.card["phase"] == "lost", "the next renewal is refused")
    assert "another worker may have the work" in widget.card["standing"]
    assert "lease    lost: another worker" in repr(claim)
    assert "lease lost: another worker" in repr(ff("status"))
    seen = cell("%ff complete")
    assert seen.startswith("UsageError: ")
    assert "\n" not in seen
    assert client.describe(claim.id).public_state != "completed"
    client.submit("b")
    assert ff("claim").kind == "b"


def test_a_server_that_is_gone_for_longer_than_the_lease_loses_it(ff: Ff, ff_home: Path, cell: Callable[[str], str]):
    ff("connect")
    ff("submit a")
    claim = ff_notebook.claim(lease_ttl=SHORT_LEASE)
    assert isinstance(claim, Claim)
    assert stop(ff_home)
    wait_until(lambda: claim.lost, "nobody answers until the lease is over")
    assert "no renewal got through in time" in repr(claim)
    seen = cell("%ff ls")
    assert seen.startswith("UsageError: There is no connection to the server")
    assert "\n" not in seen


def test_resumed_work_says_who_decided_what(client: Client, ff: Ff):
    waitpoint = suspended(client).details.waitpoint_id
    client.approve(waitpoint, by="ann", comment="well\u202e done")
    claim = ff("claim")
    assert claim.said() == ["approve by ann: well\u202e done"]
    assert claim.widget().card["said"] == ["approve by ann: well done"]
    assert "resumed by  approve by ann: well done" in repr(claim)


def test_no_token_is_on_the_card(client: Client, ff: Ff):
    token = suspended(client).details.waitpoint_token.reveal()
    client.approve(client.pending_waitpoints()[0].waitpoint_id)
    claim = ff("claim")
    assert token not in faces(claim) + repr(claim.widget().get_state())
