"""A voice call on one leg: hearing, turn-taking, speaking, barge-in, and what runs them together."""
