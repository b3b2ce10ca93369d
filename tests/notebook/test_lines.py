"""How a line after ``%ff`` is taken apart."""

import pytest
from IPython.core.error import UsageError

from ff_notebook.line import filled, tokens
from ff_notebook.parser import data


class Run:
    id = "{fp:1}:1f073a2a-2f67-4d5d-94bb-e92e7333c854"


VARIABLES = {"n": 3, "name": 'a "b"', "rows": [1, 2], "run": Run(), "nothing": None}


@pytest.mark.parametrize(
    "line, expected",
    [
        ("  submit   k  ", ["submit", "k"]),
        ('submit k {"a": "x y", "b": [1, {}]} --lane l', ["submit", "k", '{"a": "x y", "b": [1, {}]}', "--lane", "l"]),
        ('k {"a": "}"} x', ["k", '{"a": "}"}', "x"]),
        ("k '{\"a\": 1}'", ["k", '{"a": 1}']),
        ("show {fp:6}:3328ea7e-76", ["show", "{fp:6}:3328ea7e-76"]),
        ('--comment "say \\"no\\"" --key="a b"', ["--comment", 'say "no"', "--key=a b"]),
        ("fail it didn't, they don't", ["fail", "it", "didn't,", "they", "don't"]),
        ("costs $n {n} %n", ["costs", "$n", "{n}", "%n"]),
        ("show {{run}} {{ n }} doc-{{n}}", ["show", Run.id, "3", "doc-3"]),
        ('k {"n": {{n}}, "t": "is {{name}}"}', ["k", '{"n": 3, "t": "is a \\"b\\""}']),
    ],
)
def test_a_line_falls_into_its_tokens(line: str, expected: list[str]):
    assert tokens(line, VARIABLES) == expected


@pytest.mark.parametrize(
    "line, value",
    [
        ('{"a": 1}', {"a": 1}),
        ("'{\"a\": 1}'", {"a": 1}),
        ('"done"', "done"),
        ("-1.5", -1.5),
        ("null", None),
        ("{{rows}}", [1, 2]),
        ("{{name}}", 'a "b"'),
        ("{{nothing}}", None),
    ],
)
def test_json_is_read_as_it_is_written(line: str, value: object):
    (token,) = tokens(line, VARIABLES)
    assert data(token) == value


def test_variables_in_a_body_are_json_or_part_of_a_text():
    body = '{"rows": {{rows}}, "none": {{nothing}}, "text": "{{n}} of {{rows}}", "kept": "{n} $n"}'
    assert filled(body, VARIABLES) == '{"rows": [1,2], "none": null, "text": "3 of [1,2]", "kept": "{n} $n"}'


@pytest.mark.parametrize(
    "line, said",
    [
        ('approve 1 --comment "seen', "the quote before 'seen' is not closed"),
        ("show {{rnu}}", "there is no variable rnu to put in for {{rnu}}; did you mean run?"),
    ],
)
def test_a_line_that_cannot_be_taken_apart_says_why(line: str, said: str):
    with pytest.raises(UsageError) as refused:
        tokens(line, VARIABLES)
    assert str(refused.value) == said
