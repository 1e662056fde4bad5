"""Brains: what turns the customer's words into a Reading, by rules or by a language model."""
