"""The first analysis of a call: written by a template or by a model, always checked against the record."""
