"""The card of a claimed task, with its lease clock."""
