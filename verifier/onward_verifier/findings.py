"""How a check can end other than well."""


class CheckFailedError(Exception):
    """Something is not as it was signed; the text says what, and where."""


class WrongUseError(Exception):
    """The check could not be tried; the text says what to give instead."""
