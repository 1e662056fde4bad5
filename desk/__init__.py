"""The bank's and the reviewers' side: alert intake API, reviewers' desk, recordings, live view of running calls."""
