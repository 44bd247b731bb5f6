"""Area O: the page's own examples, carried out as they are written."""

from __future__ import annotations

import shlex
from typing import Any

from conformance.cases import ClientRequest, Level, Stage, case
from conformance.core.fixtures import fixtures
from conformance.exchange.expectations import AS_CONFIGURED, Facet, HeaderArrives, Holds, RestOfBodyKept, verify


def as_curl_sends(command: str) -> ClientRequest:
    """The request of a curl command, with the headers that curl adds and nothing of the suite's."""
    from conformance.pages import parse_curl  # `certify` plays no page, and waits for nothing that reads one

    curl = parse_curl(shlex.split(command)[1:])
    return ClientRequest(curl.method, curl.parts().target, tuple(curl.wire_headers()), curl.body)


def example_output(target: str) -> Any:
    """What the page shows to come back from a request to this path."""
    from conformance.pages import ExpectedOutput, Request, load_page

    for section in load_page(fixtures("pages", "mistral-and-deepseek.txt")).sections:
        asked = [one for one in section.steps if isinstance(one, Request) and one.curl.url.endswith(target)]
        shown = [one.value for one in section.steps if isinstance(one, ExpectedOutput) and one.is_json]
        if asked and shown:
            return shown[0]
    raise LookupError(f"the page shows no answer to a request to {target}")


@case(
    "page/own-request-succeeds",
    Level.MUST,
    "The page's curl request, sent as it is written to the page's manifests, arrives once and as they say, and is"
    " answered with JSON in the shape of the page's example output.",
    source="SEED Mistral 7; SEED DeepSeek 7",
    lines=[1, 2, 14, 31, 39, 46],
)
async def test_own_request_succeeds(stage: Stage) -> None:
    from conformance.pages import shape_differences

    stage.only_if(stage.curl, "no page has a request for these manifests")
    request = as_curl_sends(stage.curl or "")
    example = example_output(request.path)
    exchange = await stage.send(request)
    verify(
        exchange,
        *AS_CONFIGURED,
        RestOfBodyKept(),
        HeaderArrives("Content-Type", "application/json"),
        Holds(
            Facet.EXAMPLE_OUTPUT,
            [],
            lambda seen: [str(one) for one in shape_differences(example, seen.response.json())],
        ),
    )
