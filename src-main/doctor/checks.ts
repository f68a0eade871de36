import type { ChannelCheck, MachineCheck, ProfileCheck, SubjectCheck } from './check.ts';
import type { DoctorServices } from './services.ts';
import { autostart } from './checks/autostart.ts';
import { baseUrl } from './checks/base-url.ts';
import { clock } from './checks/clock.ts';
import { connect } from './checks/connect.ts';
import { controlPlane } from './checks/control-plane.ts';
import { disk } from './checks/disk.ts';
import { dns } from './checks/dns.ts';
import { instance } from './checks/instance.ts';
import { key } from './checks/key.ts';
import { keyRead } from './checks/key-read.ts';
import { keyUse } from './checks/key-use.ts';
import { keychain } from './checks/keychain.ts';
import { listener } from './checks/listener.ts';
import { orphans } from './checks/orphans.ts';
import { program } from './checks/program.ts';
import { proxy } from './checks/proxy.ts';
import { references } from './checks/references.ts';
import { route } from './checks/route.ts';
import { server } from './checks/server.ts';
import { source } from './checks/source.ts';
import { tls } from './checks/tls.ts';
import { tray } from './checks/tray.ts';
import { url } from './checks/url.ts';
import { wire } from './checks/wire.ts';

export const machineChecks = ({ desktop }: DoctorServices): readonly MachineCheck[] => [
  disk,
  keychain,
  orphans,
  ...(desktop ? [tray, autostart] : []),
];

export const subjectChecks: readonly SubjectCheck[] = [source];

export const profileChecks: readonly ProfileCheck[] = [
  references,
  key,
  baseUrl,
  listener,
  instance,
  route,
  dns,
  proxy,
  connect,
  tls,
  clock,
  controlPlane,
  keyRead,
  keyUse,
  wire,
];

export const channelChecks: readonly ChannelCheck[] = [program, url, server];
