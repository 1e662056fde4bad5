"""Whole telephone calls through real programs, measured on the customer's own recording: `riskcall bench telephone`."""
