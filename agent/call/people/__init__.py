"""Persons in a running call: hold music until one comes, their lines, who hears whom, and what the agent says to it."""
