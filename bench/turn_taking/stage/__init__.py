"""What is the same for every system: customer, line, and the stub stages. Standard library and NumPy only.

Each system's process imports this package in its own environment, so nothing here imports the rest of the house.
"""
