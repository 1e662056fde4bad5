"""Side-by-side measurements: JSON and a Markdown table."""
