"""A worker's side of a call: claims it, holds it, and delivers what became of it."""
