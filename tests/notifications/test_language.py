"""The small language in which a business writes its messages."""

import pytest

from notifications.language import TemplateProblem, check, render, require


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hi {{ name }}!", "Hi Ann!"),
        ("{{name}}", "Ann"),
        ("{% if gap %}no{% else %}yes{% endif %}", "yes"),
        ("{% if name %}a{% if gap %}b{% endif %}c{% endif %}", "ac"),
        ("one\n{% if gap %}\ntwo\n{% endif %}\nthree\n", "one\nthree\n"),
        ("one\n{% if name %}\ntwo\n{% endif %}\nthree\n", "one\ntwo\nthree\n"),
        ("50 % { off }", "50 % { off }"),
        ("one\r\ntwo", "one\ntwo"),
        ("", ""),
    ],
)
def test_placeholders_are_replaced(text: str, said: str) -> None:
    assert render(text, {"name": "Ann", "gap": ""}) == said


def test_what_a_customer_typed_is_never_read_as_a_template() -> None:
    assert render("{{ name }}", {"name": "{{ name }}{% if x %}"}) == "{{ name }}{% if x %}"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{{ nmae }}", "There is no placeholder {{ nmae }}."),
        ("{% if nmae %}{% endif %}", "There is no placeholder {{ nmae }}."),
        ("{{ name.__class__ }}", "There is no placeholder {{ name.__class__ }}."),
        ("{{ name|upper }}", "There is no placeholder {{ name|upper }}."),
        ("{{ }}", "There is no placeholder {{  }}."),
        ("{{ name", "A {{ has no counterpart."),
        ("name }}", "A }} has no counterpart."),
        ("{% if name", "A {% has no counterpart."),
        ("{% if name %}", "An {% if … %} has no {% endif %}."),
        ("{% endif %}", "{% endif %} has no {% if … %}."),
        ("{% else %}", "{% else %} has no {% if … %}."),
        ("{% if name %}{% else %}{% else %}{% endif %}", "{% else %} has no {% if … %}."),
        ("{% include 'x' %}", "{% include 'x' %} is not known"),
        ("{% load static %}", "{% load static %} is not known"),
        ("{% if name == 1 %}{% endif %}", "{% if name == 1 %} is not known"),
        ("{% if name %}" * 11, "More than 10 {% if … %} inside each other."),
    ],
)
def test_a_broken_text_is_refused_by_name(text: str, complaint: str) -> None:
    with pytest.raises(TemplateProblem) as refused:
        check(text, {"name"})
    assert complaint in str(refused.value)


RECEIPT = [("receipt",)]
CODE = [("code", "link")]


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ("Thank you.\n{{ receipt }}", RECEIPT),
        ("{% if name %}{{ receipt }}{% else %}No name: {{ receipt }}{% endif %}", RECEIPT),
        ("{% if receipt %}Here: {{ receipt }}{% endif %}", RECEIPT),
        ("{{ link }}", CODE),
        ("{% if name %}{{ code }}{% else %}{{ link }}{% endif %}", CODE),
        ("Anything at all", []),
    ],
)
def test_a_text_may_say_what_it_has_to_in_many_ways(
    text: str, required: list[tuple[str, ...]]
) -> None:
    require(text, {"receipt", "code", "link", "name"}, required)


@pytest.mark.parametrize(
    ("text", "required", "complaint"),
    [
        ("Thank you.", RECEIPT, "has to say {{ receipt }}, and not only inside an {% if … %}"),
        ("{% if name %}{{ receipt }}{% endif %}", RECEIPT, "has to say {{ receipt }}"),
        ("{% if receipt %}Thanks{% endif %}", RECEIPT, "has to say {{ receipt }}"),
        ("{% if receipt %}{% else %}{{ receipt }}{% endif %}", RECEIPT, "has to say {{ receipt }}"),
        ("{% if name %}a{% else %}{{ receipt }}{% endif %}", RECEIPT, "has to say {{ receipt }}"),
        ("{ receipt }", RECEIPT, "has to say {{ receipt }}"),
        ("{{ name }}", CODE, "has to say {{ code }} or {{ link }}"),
        ("{{ code }}", [("code",), ("link",)], "has to say {{ link }}"),
    ],
)
def test_a_text_that_leaves_out_what_it_has_to_say_is_refused(
    text: str, required: list[tuple[str, ...]], complaint: str
) -> None:
    with pytest.raises(TemplateProblem) as refused:
        require(text, {"receipt", "code", "link", "name"}, required)
    assert complaint in str(refused.value)
