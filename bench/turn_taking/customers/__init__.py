"""What customers say, drafted into calls and spoken; words, pauses and ends are known to the sample."""
