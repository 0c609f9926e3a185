"""Names and texts as SQL writes them, where a statement can take no parameters."""


def quoted(name: str) -> str:
    """Return `name` as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` as a string: a backslash in it is a backslash."""
    return "'" + text.replace("'", "''") + "'"
