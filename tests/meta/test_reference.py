"""The reference page says what the data says."""

from pathlib import Path

from ff_core.contract import reference

PAGE = Path(reference.__file__).with_name("REFERENCE.md")


def test_the_reference_page_is_fresh():
    assert PAGE.read_text(encoding="utf-8") == reference.page(), "run: make reference"
