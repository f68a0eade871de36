# A FastMCP server: fast.py stdio, or fast.py http|stateless PORT.
import sys

from fastmcp import Context, FastMCP

mcp = FastMCP("fast")


@mcp.tool
def echo(text: str) -> str:
    return text


@mcp.tool
def fail() -> str:
    raise ValueError("it fails")


@mcp.tool
async def count(ctx: Context) -> str:
    for n in range(3):
        await ctx.report_progress(n, 3)
    return "counted"


@mcp.tool
async def ask(ctx: Context) -> str:
    try:
        await ctx.session.send_ping()
    except Exception as error:
        return f"no answer: {type(error).__name__}"
    return "answered"


if sys.argv[1] == "stdio":
    mcp.run(show_banner=False)
else:
    mcp.run("http", host="127.0.0.1", port=int(sys.argv[2]), path="/mcp", show_banner=False, log_level="error",
            stateless_http=sys.argv[1] == "stateless")
