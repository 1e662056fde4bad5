"""Reports of evaluations: one JSON document, and what is made from it for people and for build servers."""
