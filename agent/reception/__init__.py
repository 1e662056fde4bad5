"""Answering a customer who rings in: asks for the code, waits with them, and hands them to the agent."""
