"""`make faults`: ends runs at random moments, takes from them what machines can lack, counts what was left or wrong."""
