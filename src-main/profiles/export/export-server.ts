import { stringify } from 'yaml';
import type { Profile } from '../../../shared/profile.ts';
import { version } from '../../base/version.ts';
import type { ServerForm } from '../forms/server-forms.ts';
import { serverNeeds, type ServerNeeds } from '../server-needs.ts';
import { trimmedOf } from '../../../shared/trim.ts';

export interface ServerFile {
  readonly name: string;
  readonly text: string;
}

export interface ServerExport {
  readonly files: readonly ServerFile[];
  /** What is left to do on the server, a line each. */
  readonly steps: readonly string[];
}

const port = 8090;
const clusterSecrets = '/etc/culvert-secrets';

function systemd({ name }: Profile, { text, variables, secrets, also }: ServerNeeds): ServerExport {
  const unit = `culvert-${name}`;
  const credentials = secrets.map((secret) => `LoadCredential=${secret}:/etc/culvert/${name}/${secret}\n`).join('');
  const environment = variables.length === 0 ? '' : `EnvironmentFile=/etc/culvert/${name}.env\n`;
  const service = `# /etc/systemd/system/${unit}.service
[Unit]
Description=Culvert tunnel ${name}
Wants=network-online.target
After=network-online.target

[Service]
# env finds culvert in /usr/local/bin and /usr/bin; give its full path if it is elsewhere
ExecStart=/usr/bin/env culvert run --profile-file /etc/culvert/${name}.yaml
${credentials}${environment}# a user of its own; set User= instead if the MCP server needs one that is there
DynamicUser=yes
StateDirectory=${unit}
RuntimeDirectory=${unit}
Environment=HOME=/var/lib/${unit} XDG_RUNTIME_DIR=/run/${unit}
Restart=on-failure
RestartSec=5
# 2: the configuration is wrong, and trying again does not mend it
RestartPreventExitStatus=2
# only Culvert is told to end: calls in flight get their time, then it ends its servers
KillMode=mixed
TimeoutStopSec=15
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
`;
  const folder = `/etc/culvert/${name}`;
  return {
    files: [
      { name: `${name}.yaml`, text },
      { name: `${unit}.service`, text: service },
    ],
    steps: [
      `install -D -m 644 ${name}.yaml /etc/culvert/${name}.yaml`,
      ...(secrets.length === 0 ? [] : [`install -d -m 700 ${folder}`]),
      ...secrets.map((secret) => `put the value of ${secret} into ${folder}/${secret} (root's, mode 600)`),
      ...(variables.length === 0 ? [] : [`put ${variables.map((each) => `${each}=…`).join(', ')} into ${folder}.env`]),
      `install -m 644 ${unit}.service /etc/systemd/system/`,
      `systemctl daemon-reload && systemctl enable --now ${unit}`,
      ...also.map((what) => `needed there: ${what}`),
    ],
  };
}

function docker({ name, channels }: Profile, { text, variables, secrets, also }: ServerNeeds): ServerExport {
  const hasProgram = channels.some(({ kind }) => kind === 'stdio');
  const image = `FROM node:22-slim
COPY culvert-${version}.tgz /tmp/
RUN npm install --global --omit=optional /tmp/culvert-${version}.tgz && rm /tmp/culvert-${version}.tgz
${hasProgram ? '# the program of the MCP server goes here, for example: RUN npm install --global some-mcp-server\n' : ''}USER node
ENTRYPOINT ["culvert"]
`;
  const compose = {
    services: {
      culvert: {
        build: '.',
        command: ['run', '--profile-file', `/etc/culvert/${name}.yaml`, '--health.listen-addr', `:${port}`],
        environment: { HOME: '/tmp', ...Object.fromEntries(variables.map((variable) => [variable, null])) },
        volumes: [`./${name}.yaml:/etc/culvert/${name}.yaml:ro`],
        ...(secrets.length === 0 ? {} : { secrets }),
        read_only: true,
        tmpfs: ['/tmp'],
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        restart: 'unless-stopped',
        stop_grace_period: '15s',
        healthcheck: {
          test: [
            'CMD',
            'node',
            '-e',
            `fetch('http://127.0.0.1:${port}/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`,
          ],
          interval: '30s',
        },
      },
    },
    ...(secrets.length === 0
      ? {}
      : { secrets: Object.fromEntries(secrets.map((secret) => [secret, { file: `./secrets/${secret}` }])) }),
  };
  return {
    files: [
      { name: 'Dockerfile', text: image },
      { name: 'compose.yaml', text: stringify(compose, { lineWidth: 0, nullStr: '' }) },
      { name: `${name}.yaml`, text },
    ],
    steps: [
      `put culvert-${version}.tgz beside the Dockerfile (npm pack in Culvert's source)`,
      ...secrets.map((secret) => `put the value of ${secret} into secrets/${secret}, readable by user 1000`),
      ...(variables.length === 0 ? [] : [`set ${variables.join(', ')} where you call docker compose`]),
      'docker compose up --build -d',
      ...also.map((what) => `needed in the image or mounted: ${what}`),
    ],
  };
}

function kubernetes(profile: Profile, { text, variables, secrets, also }: ServerNeeds): ServerExport {
  const name = clusterName(profile.name);
  const probe = (path: string) => ({ httpGet: { path, port: 'health' } });
  const file = `${profile.name}.yaml`;
  const labels = { 'app.kubernetes.io/name': 'culvert', 'app.kubernetes.io/instance': name };
  const secretMount = secrets.length === 0 ? [] : [{ name: 'secrets', mountPath: clusterSecrets, readOnly: true }];
  const secretVolume = secrets.length === 0 ? [] : [{ name: 'secrets', secret: { secretName: name } }];
  const documents = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data: { [file]: text } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, labels },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 15,
            automountServiceAccountToken: false,
            containers: [
              {
                name: 'culvert',
                image: `registry.example/culvert:${version}`,
                args: ['run', '--profile-file', `/etc/culvert/${file}`, '--health.listen-addr', `:${port}`],
                env: [
                  { name: 'HOME', value: '/tmp' },
                  ...variables.map((variable) => ({ name: variable, value: 'FILL-IN' })),
                ],
                ports: [{ name: 'health', containerPort: port }],
                livenessProbe: probe('/healthz'),
                readinessProbe: probe('/readyz'),
                securityContext: {
                  runAsNonRoot: true,
                  runAsUser: 1000,
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ['ALL'] },
                  seccompProfile: { type: 'RuntimeDefault' },
                },
                resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '384Mi' } },
                volumeMounts: [
                  { name: 'profile', mountPath: '/etc/culvert', readOnly: true },
                  ...secretMount,
                  { name: 'tmp', mountPath: '/tmp' },
                ],
              },
            ],
            volumes: [{ name: 'profile', configMap: { name } }, ...secretVolume, { name: 'tmp', emptyDir: {} }],
          },
        },
      },
    },
  ];
  const literals = secrets.map((secret) => ` --from-file=${secret}`).join('');
  return {
    files: [
      {
        name: `${name}.yaml`,
        text: documents
          .map((document) => stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }))
          .join('---\n'),
      },
    ],
    steps: [
      `put your image, with culvert as its entry point, in place of registry.example/culvert:${version}`,
      ...(secrets.length === 0
        ? []
        : [`kubectl create secret generic ${name}${literals}    each from a file of that name`]),
      ...(variables.length === 0 ? [] : [`fill in ${variables.join(', ')} under env`]),
      `kubectl apply -f ${name}.yaml`,
      ...also.map((what) => `needed in the image or mounted: ${what}`),
    ],
  };
}

/** A DNS label, as names of objects in a cluster have to be. */
const clusterName = (name: string): string =>
  `culvert-${trimmedOf(
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 50),
    '-',
  )}`;

/** What a server needs to run this profile. Secrets stand in it as names of files alone, which that server provides. */
export function exportForServer(profile: Profile, form: ServerForm): ServerExport {
  switch (form) {
    case 'systemd':
      return systemd(profile, serverNeeds(profile, `/run/credentials/culvert-${profile.name}.service`));
    case 'docker':
      return docker(profile, serverNeeds(profile, '/run/secrets'));
    case 'kubernetes':
      return kubernetes(profile, serverNeeds(profile, clusterSecrets));
  }
}
