"""uvicorn's protocols without its server, which polls and owns signals and the loop."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from uvicorn.config import Config

__all__ = ["http_config"]

# What uvicorn says of broken requests belongs in no one's terminal; where nobody listens, Python prints it there.
logging.getLogger("uvicorn.error").addHandler(logging.NullHandler())


def http_config(app: Any, protocol: type[asyncio.Protocol], *, keep_alive: int, server_header: bool = True) -> Config:
    """A loaded configuration for an ASGI 3 application over HTTP alone; `keep_alive` in seconds."""
    config = Config(
        app,
        interface="asgi3",
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=server_header,
        timeout_keep_alive=keep_alive,
    )
    config.load()
    return config
