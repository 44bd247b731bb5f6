"""What tests share: objects, evidence and servers made by hand."""
