"""What a case is and what it plays on: cases, scenarios, their arrangement, the protocol of a target."""
