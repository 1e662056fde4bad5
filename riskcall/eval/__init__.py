"""`riskcall eval`: scripted conversations held, reported, compared and recorded."""
