"""Currencies and their minor units, by Stripe's table rather than ISO 4217's.

Source: docs.stripe.com/currencies, "Zero-decimal currencies", "Three-decimal currencies" and
"Special cases" (ISK and UGX are charged with two decimals although they have none; HUF and TWD
are two-decimal for charges). Babel formats; the digits are ours.
"""

from copy import copy
from decimal import Decimal

from babel import Locale

ZERO_DECIMAL = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
THREE_DECIMAL = frozenset("BHD JOD KWD OMR TND".split())
TWO_DECIMAL = frozenset(
    """
    AED AUD BGN BRL CAD CHF CZK DKK EUR GBP HKD HUF IDR ILS INR ISK MXN MYR NOK NZD PHP PLN RON
    SAR SEK SGD THB TRY TWD UAH UGX USD ZAR
    """.split()
)
# Stripe takes at most eight digits (docs.stripe.com/currencies, "Minimum and maximum charge").
MAX_AMOUNT = 99_999_999
# The least that Stripe charges, in minor units, where it is not 50 (docs.stripe.com/currencies,
# "Minimum and maximum charge amounts"). Of currencies that it does not list the least depends on
# the one they are settled in; 50 is only our guess there.
SMALLEST_CHARGES = {
    "AED": 200, "BGN": 100, "CZK": 1500, "DKK": 250, "GBP": 30, "HKD": 400, "HUF": 17500,
    "MXN": 1000, "MYR": 200, "NOK": 300, "PLN": 200, "RON": 200, "SEK": 300, "THB": 1000,
}  # fmt: skip
CURRENCIES = sorted(ZERO_DECIMAL | THREE_DECIMAL | TWO_DECIMAL)


def exponent(currency: str) -> int:
    """Return how many decimals an amount of `currency` has at Stripe: 0, 2 or 3."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def smallest_charge(currency: str) -> int:
    """Return the least that Stripe charges in `currency`, in minor units."""
    return SMALLEST_CHARGES.get(currency, 50)


def decimal_amount(amount: int, currency: str) -> str:
    """Return `amount` minor units as a plain decimal number, "45.00", for machines."""
    digits = exponent(currency)
    return f"{Decimal(amount).scaleb(-digits):.{digits}f}"


def format_amount(amount: int, currency: str, locale: str = "en-gb") -> str:
    """Return `amount` minor units of `currency` as a person in `locale` writes it."""
    digits = exponent(currency)
    babel_locale = Locale.parse(locale, sep="-")
    pattern = copy(babel_locale.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return str(
        pattern.apply(
            Decimal(amount).scaleb(-digits), babel_locale, currency=currency, currency_digits=False
        )
    )
