"""What a case is and what happens to it."""
