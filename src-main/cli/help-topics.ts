/** Pages of `culvert help TOPIC`. */
export const helpTopics: Readonly<Record<string, string>> = {
  quickstart: `Quickstart

You need three things: a tunnel id, a runtime key for it, and an MCP server. To see how it works without any of them:

  culvert demo

1. Write a profile. In a terminal this asks, and offers the MCP servers that other clients have set up:

     culvert init

   or, in one line:

     culvert init --profile crm --tunnel-id tunnel_… --mcp-command "npx -y some-mcp-server"

2. Set the key where the profile looks for it. It is a runtime key, not an admin key:

     export CONTROL_PLANE_API_KEY=…

3. Prove that it works, and run it:

     culvert doctor --profile crm
     culvert run --profile crm

Then connect the product that is to call it. Next: culvert help doctor, culvert help samples.
`,
  samples: `Samples

  culvert profiles samples list
  culvert profiles samples show sample_mcp_stdio_local
  culvert init --sample sample_mcp_stdio_local --profile NAME --tunnel-id tunnel_… --mcp-command "python server.py"

sample_mcp_stdio_local       a command on this machine
sample_mcp_remote_no_auth    a server at a URL, without sign-in; sample_mcp_http is the same
sample_mcp_with_dcr          a server with OAuth sign-in
sample_mcp_enterprise_proxy  behind a company proxy or a private authority: set HTTPS_PROXY and ENTERPRISE_CA_BUNDLE

A profile is a YAML file with comments. Keys stand in it as env:NAME, file:/path or keychain:…, never as themselves.
`,
  doctor: `Doctor

  culvert doctor --profile NAME            what works and what does not
  culvert doctor --profile NAME --explain  with reasons and all that was seen
  culvert doctor --json                    for programs
  culvert doctor --fix                     makes the changes that are safe, and shows each first

Checks go from the inside out: configuration, secrets, key, then name, proxy, connection, certificate, control plane, the
key's rights, then the MCP server and its tools. The first one that fails is where to look; what stands on it is skipped.

A tunnel that runs is asked how it does. One that does not is started for a moment, which alone proves that the key may
use the tunnel; a call that comes in that moment is answered.

Exit codes: 0 all is well, 4 something to look at, 5 something failed.
`,
  oauth: `OAuth

A server with sign-in needs nothing special here. The calling product asks for the server's OAuth documents through the
tunnel; Culvert fetches /.well-known/oauth-protected-resource… and what it leads to from where it runs, and passes the
caller's Authorization header on to the server. Tokens are the caller's: Culvert keeps none.

- \`culvert doctor\` says "asks for a sign-in" for such a server: that is as it should be when the caller signs in.
- An authorization server inside the private network is reached through Harpoon targets.
- A server that wants a fixed key instead gets it by mcp.extra_headers, as env:NAME.
`,
  troubleshooting: `Troubleshooting

  culvert doctor --explain                 start here: it names the layer at fault and the next step
  culvert run --profile NAME --log.level debug
  curl http://127.0.0.1:8090/readyz        ready, or why not

The key is refused (401)        the runtime key is wrong or revoked; an admin key does not work either
May not use this tunnel (403)   the key lacks Tunnels Use; a new role takes up to half an hour
The organization is missing     set --control-plane.organization-id
Certificate not trusted         a proxy opens TLS: set --ca-bundle with the company's authorities
The command is not there        an app has another PATH than a terminal: give the full path
Everything is green, no calls   the calling product has sent nothing: check the tunnel id there
`,
};
