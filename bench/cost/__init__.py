"""What calls cost: processor time and memory of one call, how many fit on a machine, and whether memory stays flat."""
