"""The small language in which a business writes its messages.

``{{ name }}`` is replaced by a text, ``{% if name %} … {% else %} … {% endif %}`` asks whether a
text is there. Nothing else exists: no attributes, no filters, no includes. The values are plain
strings and are never read as templates, so neither a business nor a customer's name can reach
more than the documented placeholders.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

# A tag alone on its line takes the line with it, so that an `if` leaves no gap.
_PIECES = re.compile(r"((?m:^)[ \t]*\{%[^{}\n]*%\}[ \t]*\n|\{%.*?%\}|\{\{.*?\}\})", re.S)
_NAME = re.compile(r"[a-z][a-z_]*\Z")
_BRACES = ("{{", "}}", "{%", "%}")
MAX_DEPTH = 10


class TemplateProblem(ValueError):
    """A text can't be used; the message names what is wrong in it."""


@dataclass
class _Choice:
    """An ``if``: what is said when the text called `name` is there, and when it is not."""

    name: str
    then: list["_Part"] = field(default_factory=list)
    otherwise: list["_Part"] = field(default_factory=list)


@dataclass(frozen=True)
class _Value:
    name: str


_Part = str | _Value | _Choice


def check(text: str, names: Collection[str]) -> None:
    """Raise TemplateProblem unless `text` can be rendered with the placeholders `names`."""
    _parse(text, names)


def require(text: str, names: Collection[str], required: Iterable[Sequence[str]]) -> None:
    """Raise TemplateProblem unless `text` always says one placeholder of each of `required`.

    What only stands inside an ``if`` is not always said, unless both branches say it, or the
    ``if`` asks for the placeholder itself.
    """
    parts = _parse(text, names)
    for one_of in required:
        if not _always_says(parts, one_of):
            raise TemplateProblem(
                f"This text has to say {written(*one_of)}, and not only inside an {{% if … %}} "
                "that asks for something else."
            )


def written(*names: str) -> str:
    """Return placeholders as they stand in a text: "{{ code }} or {{ link }}"."""
    return " or ".join(f"{{{{ {name} }}}}" for name in names)


def _always_says(parts: list["_Part"], one_of: Sequence[str]) -> bool:
    return any(_says(part, one_of) for part in parts)


def _says(part: "_Part", one_of: Sequence[str]) -> bool:
    if isinstance(part, _Value):
        return part.name in one_of
    if isinstance(part, _Choice):
        says_otherwise = part.name in one_of or _always_says(part.otherwise, one_of)
        return says_otherwise and _always_says(part.then, one_of)
    return False


def render(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with its placeholders replaced; raises TemplateProblem, see `check`."""
    return "".join(_said(_parse(text, values.keys()), values))


def _said(parts: list[_Part], values: Mapping[str, str]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, _Value):
            yield values[part.name]
        else:
            yield from _said(part.then if values[part.name] else part.otherwise, values)


def _parse(text: str, names: Collection[str]) -> list[_Part]:
    whole: list[_Part] = []
    # The lists being filled, the innermost last, and the `if` that each belongs to.
    open_lists: list[tuple[list[_Part], _Choice | None]] = [(whole, None)]
    for piece in _PIECES.split(text.replace("\r\n", "\n")):
        tag = piece.strip()
        if tag.startswith("{{") and tag.endswith("}}"):
            open_lists[-1][0].append(_Value(_known(tag[2:-2].strip(), names)))
        elif tag.startswith("{%") and tag.endswith("%}"):
            _open_or_close(tag[2:-2].split(), open_lists, names)
        else:
            _refuse_stray_braces(piece)
            open_lists[-1][0].append(piece)
    if len(open_lists) > 1:
        raise TemplateProblem("An {% if … %} has no {% endif %}.")
    return whole


def _open_or_close(
    words: list[str],
    open_lists: list[tuple[list[_Part], _Choice | None]],
    names: Collection[str],
) -> None:
    inner, choice = open_lists[-1]
    match words:
        case ["if", name]:
            if len(open_lists) > MAX_DEPTH:
                raise TemplateProblem(f"More than {MAX_DEPTH} {{% if … %}} inside each other.")
            new = _Choice(_known(name, names))
            inner.append(new)
            open_lists.append((new.then, new))
        case ["else"] if choice is not None and inner is choice.then:
            open_lists[-1] = (choice.otherwise, choice)
        case ["endif"] if choice is not None:
            open_lists.pop()
        case ["else"] | ["endif"]:
            raise TemplateProblem(f"{{% {words[0]} %}} has no {{% if … %}}.")
        case _:
            shown = " ".join(words)[:60]
            raise TemplateProblem(
                f"{{% {shown} %}} is not known: there are {{% if … %}}, {{% else %}} and "
                "{% endif %}."
            )


def _known(name: str, names: Collection[str]) -> str:
    if _NAME.match(name) and name in names:
        return name
    shown = " ".join(name.split())[:60]
    raise TemplateProblem(f"There is no placeholder {{{{ {shown} }}}}.")


def _refuse_stray_braces(text: str) -> None:
    for braces in _BRACES:
        if braces in text:
            raise TemplateProblem(f"A {braces} has no counterpart.")
