"""Turn-taking of riskcall and of what a builder would pick instead, side by side: one stage, one scorer."""
