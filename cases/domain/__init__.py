"""The pure heart of riskcall: values, state tables and decisions, without input, output, clock or framework."""
