"""Between running calls and the people at the desk: what reviewers want of a call, and the lines they come on."""
