import { stringify } from 'yaml';
import type { Profile } from '../../shared/profile.ts';
import { isSecretName } from '../observe/redact.ts';
import { isReference } from './profile-rules.ts';
import { newProfileText } from './profile-text.ts';
import { secretSlots } from './secret-slots.ts';

export const serverForms = ['systemd', 'docker', 'kubernetes'] as const;
export type ServerForm = (typeof serverForms)[number];

const port = 8090;

const variableOf = (slot: string): string =>
  slot === 'api_key' ? 'CONTROL_PLANE_API_KEY' : `CULVERT_${slot.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()}`;

const mapped = (value: unknown, change: ReadonlyMap<string, string>): unknown => {
  if (typeof value === 'string') return change.get(value) ?? value;
  if (Array.isArray(value)) return value.map((item: unknown) => mapped(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]: [string, unknown]) => [key, mapped(item, change)]));
};

/** The profile with every secret as `env:NAME`, and the variables that the server has to set. */
function withVariables(profile: Profile): { readonly text: string; readonly variables: readonly string[] } {
  const change = new Map<string, string>();
  const variables = new Set<string>();
  for (const { slot, value } of secretSlots(profile)) {
    const literal = !isReference(value);
    if (literal && slot !== 'api_key' && !isSecretName(slot)) continue;
    const [, named] = /^\s*env:\s*(\w+)\s*$/i.exec(value) ?? [];
    const name = named ?? variableOf(slot);
    if (/^\s*file:/i.test(value)) continue;
    variables.add(name);
    change.set(value, `env:${name}`);
  }
  return { text: newProfileText(mapped(profile, change) as Profile), variables: [...variables] };
}

const indent = (text: string, by: number): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : ' '.repeat(by) + line))
    .join('\n');

const environmentFile = (variables: readonly string[]): string => variables.map((name) => `${name}=\n`).join('');

function systemd({ name }: Profile, text: string, variables: readonly string[]): string {
  return `# /etc/culvert/${name}.yaml
${indent(text, 0)}

# /etc/culvert/${name}.env, mode 0600, owned by root: fill in
${environmentFile(variables)}
# /etc/systemd/system/culvert-${name}.service
[Unit]
Description=Culvert tunnel ${name}
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/env culvert run --profile-file /etc/culvert/${name}.yaml
EnvironmentFile=/etc/culvert/${name}.env
DynamicUser=yes
StateDirectory=culvert
Environment=HOME=/var/lib/culvert
Restart=on-failure
RestartSec=5
# calls in flight get their time
TimeoutStopSec=15
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
`;
}

function docker({ name }: Profile, text: string, variables: readonly string[]): string {
  return `# Dockerfile
FROM node:22-slim
RUN npm install --global culvert
USER node
ENTRYPOINT ["culvert"]

# compose.yaml
services:
  culvert:
    build: .
    command: ["run", "--profile-file", "/etc/culvert/${name}.yaml", "--health.listen-addr", ":${port}"]
    # ${name}.env holds: ${variables.join(', ') || 'nothing'}
    env_file: ${name}.env
    volumes:
      - ./${name}.yaml:/etc/culvert/${name}.yaml:ro
    read_only: true
    tmpfs: ["/tmp"]
    restart: unless-stopped
    stop_grace_period: 15s
    healthcheck:
      test: ["CMD", "node", "-e", "fetch('http://127.0.0.1:${port}/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# ${name}.yaml
${indent(text, 0)}
`;
}

function kubernetes({ name: given }: Profile, text: string, variables: readonly string[]): string {
  const name = `culvert-${given
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 50)}`;
  const probe = (path: string) => ({ httpGet: { path, port: 'health' } });
  const documents = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { 'profile.yaml': text } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name },
      stringData: Object.fromEntries(variables.map((variable) => [variable, ''])),
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: {
            terminationGracePeriodSeconds: 15,
            automountServiceAccountToken: false,
            containers: [
              {
                name: 'culvert',
                image: 'culvert',
                args: ['run', '--profile-file', '/etc/culvert/profile.yaml', '--health.listen-addr', `:${port}`],
                envFrom: [{ secretRef: { name } }],
                ports: [{ name: 'health', containerPort: port }],
                livenessProbe: probe('/healthz'),
                readinessProbe: probe('/readyz'),
                securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
                volumeMounts: [{ name: 'profile', mountPath: '/etc/culvert', readOnly: true }],
              },
            ],
            volumes: [{ name: 'profile', configMap: { name } }],
          },
        },
      },
    },
  ];
  const head = `# The image is one with the npm package culvert in it; the values of the Secret are yours to fill in.\n`;
  return head + documents.map((document) => stringify(document, { lineWidth: 0 })).join('---\n');
}

/** What a server needs to run this profile: secrets stand in it as names of variables only. */
export function exportForServer(profile: Profile, form: ServerForm): string {
  const { text, variables } = withVariables(profile);
  switch (form) {
    case 'systemd':
      return systemd(profile, text, variables);
    case 'docker':
      return docker(profile, text, variables);
    case 'kubernetes':
      return kubernetes(profile, text, variables);
  }
}
