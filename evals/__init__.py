"""Scripted evaluations: scenarios, simulated customers, graders, statistics and the runner."""
