"""The Python SDK's client with its OAuth provider: signs in, calls a tool, and calls it again when told to.

Says where a browser has to go ("authorize URL"), reads the address that the browser comes back to, and prints each
result ("result TEXT"). Arguments: the endpoint, the relay's key.
"""

import asyncio
import sys
from urllib.parse import parse_qs, urlparse

from mcp import ClientSession
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.shared.auth import OAuthClientMetadata

URL, KEY = sys.argv[1:3]


class Memory:
    tokens = None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def line() -> str:
    return (await asyncio.to_thread(sys.stdin.readline)).strip()


async def redirect(address: str) -> None:
    print("authorize", address, flush=True)


async def callback() -> AuthorizationCodeResult:
    query = parse_qs(urlparse(await line()).query)
    return AuthorizationCodeResult(code=query["code"][0], state=query.get("state", [None])[0])


async def main() -> None:
    provider = OAuthClientProvider(
        server_url=URL,
        client_metadata=OAuthClientMetadata(
            client_name="test",
            redirect_uris=["http://127.0.0.1:1/callback"],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
            token_endpoint_auth_method="none",
        ),
        storage=Memory(),
        redirect_handler=redirect,
        callback_handler=callback,
    )
    async with create_mcp_http_client(headers={"x-culvert-relay-key": KEY}, auth=provider) as http:
        async with streamable_http_client(URL, http_client=http) as streams:
            async with ClientSession(streams[0], streams[1]) as session:
                await session.initialize()
                while True:
                    result = await session.call_tool("where", {})
                    print("result", result.content[0].text, flush=True)
                    if await line() == "":
                        return
                    # as if the token had ended on this side: the refresh token is used before the next call
                    provider.context.token_expiry_time = 1


asyncio.run(main())
