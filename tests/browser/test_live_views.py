"""The inbox and the claim card in JupyterLab, while somebody else works on the same engine."""

from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from browser.conftest import Lab
from playwright.sync_api import Page, expect

from ff_core.client import Client, connect
from ff_core.types import Suspended

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror='window.harmed = true'><script>window.harmed = true</script>"


@pytest.fixture
def notebook(run_notebook: Callable[[Path], Page], scratch: Path) -> Callable[..., Page]:
    """Opens a notebook with these cells and runs them."""

    def open_notebook(name: str, *cells: str) -> Page:
        written = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in ("%load_ext ff_notebook", *cells)],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(written, scratch / f"{name}.ipynb")
        return run_notebook(scratch / f"{name}.ipynb")

    return open_notebook


@pytest.fixture
def client(lab: Lab) -> Iterator[Client]:
    with connect(home=lab.home) as other:
        yield other


def suspend(client: Client, lane: str, payload: object = None) -> Suspended:
    client.submit("deploy", payload, lane=lane)
    task = client.claim(lane)
    assert task
    outcome = task.suspend(timeout="1h")
    assert isinstance(outcome, Suspended)
    return outcome


def test_the_list_follows_what_others_do(client: Client, notebook: Callable[..., Page]):
    page = notebook("follows", "%ff inbox follows")
    inbox = page.locator(".ff-inbox")
    expect(inbox).to_contain_text("Nothing waits for a decision.", timeout=60_000)
    waiting = suspend(client, "follows", {"service": "billing"})
    expect(inbox.get_by_role("button", name="Approve")).to_be_visible(timeout=20_000)
    expect(inbox).to_contain_text('{"service": "billing"}')
    expect(inbox).to_contain_text("59:")
    client.approve(waiting.details.waitpoint_id)
    expect(inbox).to_contain_text("No longer open", timeout=20_000)
    expect(inbox.get_by_role("button", name="Approve")).to_be_hidden()


def test_a_double_click_decides_once(client: Client, notebook: Callable[..., Page]):
    suspend(client, "twice")
    page = notebook("twice", "%ff inbox twice")
    inbox = page.locator(".ff-inbox")
    comment = inbox.get_by_label("Comment on deploy")
    comment.click(timeout=60_000)
    page.keyboard.type("add a bad dd comment")  # letters that JupyterLab takes for commands outside a field
    inbox.get_by_role("button", name="Reject").dblclick()
    expect(inbox).to_contain_text("Rejected", timeout=20_000)
    expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(2)
    task = client.claim("twice")
    assert task
    (signal,) = task.signals()
    assert signal.signal_name == "reject"
    assert b"add a bad dd comment" in (signal.payload or b"")


def test_a_hostile_payload_stays_text(client: Client, notebook: Callable[..., Page]):
    suspend(client, "hostile", HOSTILE)
    client.submit(HOSTILE, HOSTILE, lane="hostile", tags={"x.y": HOSTILE})
    page = notebook("hostile", "%ff inbox hostile", "%ff claim hostile", "%ff ls --lane hostile")
    expect(page.locator(".ff-claim .ff-kind")).to_have_text(HOSTILE, timeout=60_000)
    expect(page.locator(".ff-inbox .ff-payload")).to_contain_text("<img src=x onerror=")
    expect(page.locator(".ff-view .ff-table")).to_contain_text("<img src=x onerror=")
    assert page.locator(":is(.ff-inbox, .ff-claim, .ff-view) :is(img, script)").count() == 0
    assert page.evaluate("window.harmed") is None


def test_the_card_counts_down_and_says_when_the_lease_is_lost(client: Client, notebook: Callable[..., Page]):
    run = client.submit("summarize", {"document": 7}, lane="card")
    page = notebook("card", "import ff_notebook\nff_notebook.claim('card', lease_ttl='6s')")
    card = page.locator(".ff-claim")
    expect(card.locator(".ff-phase")).to_have_text("claimed", timeout=60_000)
    for left in ("lease 6 s", "lease 5 s", "lease 6 s"):  # down, and up again with a renewal
        expect(card.locator(".ff-left")).to_have_text(left, timeout=10_000)
    client.revoke(run)
    expect(card.locator(".ff-phase")).to_have_text("lease lost", timeout=10_000)
    expect(card).to_contain_text("another worker may have the work")
