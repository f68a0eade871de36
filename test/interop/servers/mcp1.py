# A server of the official Python SDK 1: mcp1.py stdio, or mcp1.py http|stateless PORT.
import sys

from mcp.server.fastmcp import Context, FastMCP

kind = sys.argv[1]
port = int(sys.argv[2]) if len(sys.argv) > 2 else 8000
mcp = FastMCP("mcp1", host="127.0.0.1", port=port, stateless_http=kind == "stateless", log_level="ERROR")


@mcp.tool()
def echo(text: str) -> str:
    return text


@mcp.tool()
def fail() -> str:
    raise ValueError("it fails")


@mcp.tool()
async def count(ctx: Context) -> str:
    for n in range(3):
        await ctx.report_progress(n, 3)
    return "counted"


@mcp.tool()
async def ask(ctx: Context) -> str:
    await ctx.session.send_ping()
    return "answered"


mcp.run("stdio" if kind == "stdio" else "streamable-http")
