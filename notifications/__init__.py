"""Messages to customers: in the business's name and language, and in its own words if it has any.

An app registers its kinds of message with `kinds.register`, and sends one with `sending.send`.
"""
