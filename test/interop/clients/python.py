# Clients of the Python world: python.py LIBRARY TARGET PLAN; LIBRARY is mcp1, mcp2, mcp2-auto, fastmcp or agents.
# Prints the outcome of each step.
import asyncio
import json
import logging
import os
import sys
from contextlib import asynccontextmanager

library, target, plan = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
logging.disable(logging.CRITICAL)


def stdio():
    from mcp import StdioServerParameters

    command, *args = target["command"]
    return StdioServerParameters(command=command, args=args, env=dict(os.environ))


@asynccontextmanager
async def mcp1():
    from mcp import ClientSession
    from mcp.client.stdio import stdio_client
    from mcp.client.streamable_http import streamablehttp_client

    with open(os.devnull, "w") as nowhere:
        way = stdio_client(stdio(), errlog=nowhere) if "command" in target else streamablehttp_client(target["url"])
        async with way as (reading, writing, *_):
            async with ClientSession(reading, writing) as session:
                await session.initialize()
                yield session


@asynccontextmanager
async def mcp2():
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client

    mode = "auto" if library.endswith("auto") else "legacy"
    with open(os.devnull, "w") as nowhere:
        way = stdio_client(stdio(), errlog=nowhere) if "command" in target else target["url"]
        async with Client(way, mode=mode) as client:
            yield client


@asynccontextmanager
async def fastmcp():
    from fastmcp import Client
    from fastmcp.client.transports import StdioTransport

    command, *args = target.get("command", [""])
    way = StdioTransport(command, args, env=dict(os.environ)) if "command" in target else target["url"]
    async with Client(way) as client:
        yield client


@asynccontextmanager
async def agents():
    from agents.mcp import MCPServerStdio, MCPServerStreamableHttp

    command, *args = target.get("command", [""])
    if "command" in target:
        server = MCPServerStdio({"command": command, "args": args, "env": dict(os.environ)}, client_session_timeout_seconds=30)
    else:
        server = MCPServerStreamableHttp({"url": target["url"], "timeout": 30}, client_session_timeout_seconds=30)
    async with server:
        yield server


def outcome(result):
    text = "".join(getattr(block, "text", "") for block in result.content)
    failed = getattr(result, "is_error", None)
    return {"text": text, "isError": bool(getattr(result, "isError", False) if failed is None else failed)}


async def step(client, name, given):
    if name is None:
        listed = await client.list_tools()
        return sorted(tool.name for tool in getattr(listed, "tools", listed))
    if library == "fastmcp":
        return outcome(await client.call_tool(name, given, raise_on_error=False))
    return outcome(await client.call_tool(name, given))


async def main():
    opened = {"mcp1": mcp1, "mcp2": mcp2, "mcp2-auto": mcp2, "fastmcp": fastmcp, "agents": agents}[library]
    outcomes = []
    async with opened() as client:
        for name, given in plan:
            try:
                outcomes.append(await step(client, name, given))
            except Exception as error:
                code = getattr(getattr(error, "error", None), "code", None)
                outcomes.append({"refused": code if code is not None else type(error).__name__})
        print(json.dumps(outcomes), flush=True)


asyncio.run(main())
