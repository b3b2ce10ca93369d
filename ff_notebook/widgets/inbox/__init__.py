"""The list of what waits for a decision, with buttons."""
