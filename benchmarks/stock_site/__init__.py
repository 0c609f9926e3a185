"""The same apps on django-tenants as it comes: its backend, its commands, its way of signing up."""
