"""When a turn begins and ends and who has the floor: small strategies, one a file, without audio or clock."""
