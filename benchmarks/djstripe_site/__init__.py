"""The smallest Django project that receives webhooks with dj-stripe, as its documentation shows."""
