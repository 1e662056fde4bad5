"""Lines to the customer: each leg carries audio both ways and tells how a dial ended."""
