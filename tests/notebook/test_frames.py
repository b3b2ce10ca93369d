"""Listings as DataFrames."""

from typing import Any

import pandas as pd
import pytest
from notebook.conftest import Ff, suspended

from ff_core.client import Client
from ff_core.types import PublicState
from ff_notebook.frames import EXECUTIONS, WAITPOINTS
from ff_notebook.views.listing import Listing


def dtypes(frame: pd.DataFrame) -> dict[str, str]:
    return {str(name): str(dtype) for name, dtype in frame.dtypes.items()}


def expected(columns: dict[str, Any]) -> dict[str, str]:
    return {name: str(pd.Series([], dtype=dtype).dtype) for name, dtype in columns.items()}


@pytest.mark.parametrize("rows", [0, 2])
def test_a_listing_has_its_dtypes_whatever_is_in_it(ff: Ff, client: Client, rows: int):
    if rows:
        suspended(client)
        client.submit("b", tags={"x.y": 1}, delay="1h")
    listing = ff("ls")
    assert isinstance(listing, Listing)
    assert dtypes(listing) == expected(EXECUTIONS)
    assert list(listing["state"].cat.categories) == [str(state) for state in PublicState]
    assert dtypes(listing)["created"] == "datetime64[ms, UTC]"
    assert dtypes(listing)["priority"] == "Int64"
    assert dtypes(ff("inbox").df) == expected(WAITPOINTS)
    assert len(listing) == len(ff("inbox").df) * 2 == rows


def test_values_are_those_of_the_server(ff: Ff, client: Client):
    run = client.submit("a", lane="l", priority=3, tags={"x.y": "z"})
    task = client.claim("l")
    assert task
    task.progress(40, "half")
    task.fail("broken", "permanent")
    snapshot = client.describe(run)
    row = ff("ls").iloc[0]
    assert (row["id"], row["kind"], row["lane"], row["state"]) == (run.id, "a", "l", "failed")
    assert (row["priority"], row["attempts"], row["progress"], row["message"]) == (3, 1, 40.0, "half")
    assert (row["reason"], row["tags"]) == ("broken", '{"x.y": "z"}')
    assert snapshot.completed_at
    assert [row["created"], row["ended"]] == [snapshot.created_at.to_datetime(), snapshot.completed_at.to_datetime()]


def test_what_is_selected_from_a_listing_is_a_plain_frame(ff: Ff):
    ff("submit a")
    listing = ff("ls")
    for frame in (listing.df, listing[["id", "kind"]], listing[listing["kind"] == "a"], listing.sort_values("created")):
        assert type(frame) is pd.DataFrame
    assert listing.groupby("state", observed=True).size().to_dict() == {"waiting": 1}


def test_a_listing_that_its_owner_changed_still_shows(ff: Ff):
    ff("submit a")
    listing = ff("ls")
    listing["own"] = 1
    assert "own" in repr(listing)
    assert "own" in listing._repr_html_()


def test_a_listing_that_is_cut_says_that_there_is_more(ff: Ff, client: Client):
    client.submit_many("a", range(3))
    assert repr(ff("ls --limit 2")).endswith("there are more; --limit shows them")
    assert "there are more" not in repr(ff("ls --limit 3"))
    assert repr(ff("ls --lane nobody")) == "no executions"
