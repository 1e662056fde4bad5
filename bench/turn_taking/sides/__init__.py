"""One system each, in its own environment and process: what takes a block from the stage and plays it."""
