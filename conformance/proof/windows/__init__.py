"""Constant traffic while objects change: how long, and how often, requests go otherwise than the objects say."""
