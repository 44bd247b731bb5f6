"""What `certify` says to files that people published: nothing of them is kept here, only where they are."""
