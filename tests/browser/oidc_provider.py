"""A provider of accounts on this machine that speaks OpenID Connect; whoever asks is signed in as `account`."""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.browser.server import free_port

CLIENT = "vram-lab"


class Provider:
    """`account` holds the claims of whoever signs in next: `sub`, `email`, `email_verified`."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.account: dict[str, Any] = {}
        self._key = RSAKey.generate_key(2048, {"kid": "test", "use": "sig", "alg": "RS256"})
        self._nonces: dict[str, tuple[str | None, dict[str, Any]]] = {}

    def app(self) -> Starlette:
        """The routes of the protocol's code flow."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._configuration),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/jwks", self._jwks),
            ]
        )

    async def _configuration(self, request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def _authorize(self, request: Request) -> Response:
        code = secrets.token_urlsafe(8)
        self._nonces[code] = (request.query_params.get("nonce"), dict(self.account))
        back = {"code": code, "state": request.query_params["state"]}
        return RedirectResponse(f"{request.query_params['redirect_uri']}?{urlencode(back)}")

    async def _token(self, request: Request) -> Response:
        nonce, account = self._nonces.pop(str((await request.form())["code"]))
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 600, **account}
        if nonce:
            claims["nonce"] = nonce
        token = jwt.encode({"alg": "RS256", "kid": "test"}, claims, self._key)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": token, "expires_in": 600})

    async def _jwks(self, request: Request) -> Response:
        return JSONResponse(json.loads(json.dumps({"keys": [self._key.as_dict(private=False)]})))


@contextmanager
def running_provider() -> Iterator[Provider]:
    """A provider that answers on loopback for the time of the block."""
    provider = Provider()
    server = uvicorn.Server(uvicorn.Config(provider.app(), port=provider.port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join()
