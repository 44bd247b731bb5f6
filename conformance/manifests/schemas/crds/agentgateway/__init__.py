"""The schemas of agentgateway.dev: AgentgatewayBackend, AgentgatewayPolicy and what they share."""
