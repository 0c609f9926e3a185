"""Discount codes, gift vouchers and passes: sold, quoted for a booking, used and given back."""
