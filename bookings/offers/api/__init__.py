"""The API of what is sold ahead: passes, memberships, gift vouchers, and what a code pays."""
