"""What customers and staff are told about a booking, by e-mail and by text message."""
