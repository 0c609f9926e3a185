"""A small Stripe look-alike for the demo and the tests: its own process, spoken to over HTTP.

It knows nothing of the platform's apps, and they know nothing of it: the real SDK is pointed here
by STRIPE_API_BASE. README.md describes what it does and its control endpoint.
"""
