"""The same requests through two gateways: what differs on the wire and to the client, grouped and explained."""
