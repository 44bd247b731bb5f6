"""What the endpoint answers beside objects: tables, watches, discovery, OpenAPI."""
