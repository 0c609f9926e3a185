"""Runs the whole platform on one machine: `python -m demo`, behind `make demo`.

Nothing here is used in production.
"""
