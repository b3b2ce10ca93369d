"""Looking at many executions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ff_notebook import frames
from ff_notebook.session import SESSION
from ff_notebook.views.listing import MORE, Listing


def ls(
    *,
    lane: str | None = None,
    state: str | None = None,
    kind: str | None = None,
    tags: Mapping[str, Any] | None = None,
    limit: int = 50,
) -> Listing:
    """Executions as a DataFrame, newest first."""
    page = SESSION.client().list_executions(
        lane=lane,
        state=state,
        kind=kind,
        tags={name: str(value) for name, value in (tags or {}).items()},
        limit=limit,
    )
    listing = Listing(frames.executions(page.items))
    listing.attrs[MORE] = page.next is not None
    return listing
