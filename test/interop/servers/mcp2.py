# A server of the official Python SDK 2, which speaks both eras: mcp2.py stdio, or mcp2.py http PORT.
import sys

from mcp.server.mcpserver import MCPServer

mcp = MCPServer("mcp2", log_level="ERROR")


@mcp.tool()
def echo(text: str) -> str:
    return text


@mcp.tool()
def fail() -> str:
    raise ValueError("it fails")


if sys.argv[1] == "stdio":
    mcp.run("stdio")
else:
    mcp.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
