"""`riskcall demo`: a call from alert to verdict on one machine, with a simulated customer and a bank of its own."""
