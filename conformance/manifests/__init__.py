"""What people write, and what can be known of it without sending a request."""
