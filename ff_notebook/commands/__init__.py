"""What the words of ``%ff`` do, as plain functions: ``%ff claim gpu`` is ``ff_notebook.claim("gpu")``.

Each gives an object of `ff_notebook.views`, whose `id` and `value` (or better names) are for code. Errors are those of
the client, InvalidInput where something does not fit.
"""
