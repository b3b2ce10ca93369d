"""Where this notebook is connected."""

from __future__ import annotations

from ff_notebook.engine_room import Phase
from ff_notebook.front_end import mode
from ff_notebook.session import SESSION
from ff_notebook.text import named
from ff_notebook.views.claim import Claim
from ff_notebook.views.view import Facts, Note


def connect(url: str | None = None, *, namespace: str = "default", home: str | None = None) -> Note:
    """Connect to a server, or without a URL to the embedded engine. `value` is the client.

    Raises InvalidInput while a task is held; what `ff_core.connect` raises leaves the former connection in use.
    """
    client = SESSION.connect(url, namespace, home)
    return Note(f"connected to {client.driver.address}, namespace {client.scope.namespace}", value=client)


def status() -> Facts:
    """Where this notebook is connected and what it holds; starts nothing. `value` is the client, if there is one."""
    client = SESSION.connected
    held = SESSION.held
    server = str(client.driver.address) if client else "not connected; the first use connects to the embedded engine"
    facts = [("server", server), ("mode", mode().value)]
    if client:
        facts.insert(1, ("namespace", client.scope.namespace))
    if held and held.phase is not Phase.ENDED:
        facts.append(("task", f"{named(held.task.kind, held.task.id.uuid)}, lease {Claim(held).standing()}"))
    return Facts(facts, client)
