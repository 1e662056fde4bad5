"""The conversation: speech, understanding, turn-taking, the guard on what is said, and the record of the call."""
