"""The real `agentgateway` binary as data plane: where it is, what it is told, in which network it runs."""
