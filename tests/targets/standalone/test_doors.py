"""Each port of a Gateway in agentgateway's local configuration: its listeners as they are, beside the way in to all."""

from __future__ import annotations

import yaml

from conformance.targets.reference.gateway.config import GatewayConfig, Listener, Route
from conformance.targets.standalone.configuration import Writer
from tests.targets.standalone.test_configuration import NEW, PROVIDER, to


def test_each_port_of_a_gateway_has_a_bind_with_its_listeners() -> None:
    listeners = (
        Listener("any", 80, (Route("llm/n", (to(PROVIDER),)),), "llm/edge"),
        Listener("one", 80, (Route("llm/m", (to(PROVIDER),)),), "llm/edge", "one.example"),
        Listener("other", 81, (), "llm/edge"),
    )
    writer = Writer(NEW, 8080, 8081, lambda host, port: f"{host}:{port}", lambda pem: f"/{pem}.pem", "/nobody.pem")
    data = yaml.safe_load(writer.write(GatewayConfig(listeners), 7, {("llm/edge", 80): 9000}).text)
    everything, _, door = data["binds"]
    assert [one["name"] for one in everything["listeners"][0]["routes"]] == ["llm/n.0", "llm/m.0"]
    assert door["port"] == 9000
    assert [(one["name"], one.get("hostname")) for one in door["listeners"]] == [("any", None), ("one", "one.example")]
    assert [[route["name"] for route in one["routes"]] for one in door["listeners"]] == [
        ["llm/n@any.9000.0"],
        ["llm/m@one.9000.0"],
    ]
