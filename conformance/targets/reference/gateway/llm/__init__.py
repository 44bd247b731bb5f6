"""The bodies of requests and answers, API by API: chat completions, and what stands beside them."""
