/** Pages of `culvert help TOPIC`, in 80 columns. */
export const helpTopics: Readonly<Record<string, string>> = {
  quickstart: `Quickstart

You need a tunnel id, a runtime key for that tunnel (Tunnels: Read + Use), and
an MCP server. To see how it works without any of them:

  culvert demo

1. Write a profile. In a terminal this asks for everything, offers the servers
   that other MCP clients have set up, and can keep the key in the keychain:

     culvert init

   or with flags; then the key is looked for in CONTROL_PLANE_API_KEY:

     culvert init --profile crm --tunnel-id tunnel_… \\
       --mcp-command "npx -y some-mcp-server"
     export CONTROL_PLANE_API_KEY=…

2. Prove that it works, and run it:

     culvert doctor --profile crm
     culvert run --profile crm

3. Give the tunnel id to the product that is to call the server.

Next: culvert help doctor, culvert help samples.
`,
  plugin: `The Codex plugin of tunnel-client

tunnel-client installs a plugin into Codex that creates tunnels from within it.
Culvert has none and needs none: Codex calls your servers through the tunnel as
any product does, and the work around it is done here.

  culvert init             a profile, with the servers that Codex has set up
  culvert doctor           what works, checked step by step
  culvert run              or the app: what keeps the tunnel open
  culvert status --json    for scripts and assistants

Next: culvert help quickstart.
`,
  samples: `Samples: what a profile can start from

  culvert profiles samples list
  culvert profiles samples show sample_mcp_stdio_local
  culvert init --sample sample_mcp_stdio_local --profile crm \\
    --tunnel-id tunnel_… --mcp-command "python server.py"

sample_mcp_stdio_local       a command on this machine
sample_mcp_remote_no_auth    a server at a URL, without sign-in
sample_mcp_http              another name of it
sample_mcp_with_dcr          a server with OAuth sign-in
sample_mcp_enterprise_proxy  behind a company's proxy and private authority:
                             HTTPS_PROXY and ENTERPRISE_CA_BUNDLE have to be set

A profile is a YAML file. Its comments stay when it is edited. Keys stand in it
as env:NAME, file:/path or keychain:…, never as themselves.
`,
  doctor: `Doctor: what works, and what does not

  culvert doctor --profile NAME
  culvert doctor --profile NAME --explain   with reasons and all that was seen
  culvert doctor --profile NAME --fix       shows safe changes and makes them
  culvert doctor --json                     for programs
  culvert doctor                            every profile of this machine

Checks go from the inside out: configuration, secrets, key, then name, proxy,
connection, certificate, control plane and the key's rights, then the MCP server
and its tools. The first that fails is where to look; what stands on it is
skipped.

A tunnel that runs is asked how it does. One that does not is started for a
moment, which alone proves that the key may use the tunnel; a call that comes in
that moment is answered.

Exit codes: 0 all is well, 4 something to look at, 5 something failed.
All flags: culvert doctor --help.
`,
  oauth: `OAuth: servers with sign-in

Nothing has to be set here. The calling product asks for the server's OAuth
documents through the tunnel; Culvert fetches them
(/.well-known/oauth-protected-resource… and what it leads to) from where it
runs, and passes the caller's Authorization header on to the server. Tokens are
the caller's: Culvert keeps none.

- \`culvert doctor\` says that such a server asks for a sign-in. That is as it
  should be when the caller signs in.
- A server that wants a fixed key gets it as a header, from a variable:

    culvert run --profile NAME --mcp.extra-headers "X-Api-Key: env:SERVER_KEY"
`,
  troubleshooting: `Troubleshooting

  culvert doctor --explain                 names the layer at fault, and what to
                                           do next
  culvert status                           what runs, and how it does
  culvert logs --follow --level debug      of the Culvert that runs
  curl http://127.0.0.1:8090/readyz        ready, or why not

The key is refused (401)       It is wrong or revoked, or it is an admin key.
May not use the tunnel (403)   The key lacks Tunnels Use. A new role takes up to
                               half an hour.
The organization is missing    Set --control-plane.organization-id.
Certificate not trusted        A proxy opens TLS: give --ca-bundle the company's
                               authorities.
The command is not there       An app has another PATH than a terminal: give the
                               full path.
All is green, and no calls     The calling product has sent nothing: compare the
                               tunnel id there.
`,
};
