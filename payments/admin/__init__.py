"""The staff's and the operator's pages about money, by subject."""

from payments.admin import account, books, inbox, money, reports, requests

__all__ = ["account", "books", "inbox", "money", "reports", "requests"]
