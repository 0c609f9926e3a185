"""The root of every refusal that a caller may see."""


class TillhouseError(ValueError):
    """Something was refused for a reason the caller can act on.

    `code` is stable and meant for programs, `status` is the HTTP status, the message is for
    people and never holds someone else's exception text. `config.errors` makes responses of it.
    """

    code = "invalid"
    status = 400

    def __init__(self, message: str, *, field: str | None = None, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.details = details
