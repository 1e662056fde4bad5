"""From what reached the ear to figures: what was heard when, what the agent did at each event, how often, how fast."""
