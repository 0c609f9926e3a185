"""With how many businesses a benchmark measures."""

import argparse


def add_sizes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tenants", default="1,100,1000", help="how many businesses, in turn")
    parser.add_argument("--large", action="store_true", help="5,000 as well")


def sizes_of(options: argparse.Namespace) -> list[int]:
    """Return the numbers of businesses that `add_sizes` let the user choose."""
    return [int(text) for text in options.tenants.split(",")] + [5000] * options.large
