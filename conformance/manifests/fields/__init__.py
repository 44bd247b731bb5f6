"""What each field of a policy changes of a request: data, one table for each dialect."""
