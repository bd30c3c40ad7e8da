import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../local/free-port.ts';
import { type Peer, runs } from '../peers.ts';
import { certificate, OPENSSL } from '../zn/certificate.ts';

const LOOPBACK = '127.0.0.1';

/** Where the environment of Python is that has python-diameter. */
const VENV = join(import.meta.dirname, '../../.local/python-diameter');
const PYTHON = existsSync(join(VENV, 'bin/python')) ? join(VENV, 'bin/python') : 'python3';

/** python-diameter, here as a BSF. */
export const PYTHON_DIAMETER: Peer = {
  name: 'python-diameter',
  isThere: () => runs(PYTHON, '-c', 'import diameter.node'),
  install:
    'python3 -m venv .local/python-diameter && .local/python-diameter/bin/pip install python-diameter==0.9.0',
};

/** freeDiameter, here as an agent that forwards to python-diameter. */
export const FREE_DIAMETER: Peer = {
  name: 'freeDiameter',
  isThere: () =>
    runs('freeDiameterd', '--version') &&
    existsSync('/usr/lib/freeDiameter/acl_wl.fdx') &&
    OPENSSL.isThere() &&
    PYTHON_DIAMETER.isThere(),
  install: `apt-get install freediameterd freediameter-extensions openssl (and ${PYTHON_DIAMETER.install})`,
};

/** A program that others wrote and that listens. */
export interface RunningPeer {
  readonly port: number;
  /** All that it has written. */
  log(): string;
  close(): Promise<void>;
}

/** A BSF of python-diameter that accepts these Diameter identities. */
export async function startPythonBsf(...identities: readonly string[]): Promise<RunningPeer> {
  const port = await freePort(LOOPBACK);
  const script = join(import.meta.dirname, 'python_bsf.py');
  return started(spawn(PYTHON, [script, String(port), ...identities]), port);
}

/** What `startFreeDiameter` has beside its port. */
export interface RunningAgent extends RunningPeer {
  readonly tlsPort: number;
  /** Its own certificate, which it also trusts of peers. */
  readonly tls: { readonly key: string; readonly cert: string };
}

/** freeDiameter as an agent of the realm home1.net that forwards to the BSF on a port. */
export async function startFreeDiameter(bsfPort: number): Promise<RunningAgent> {
  const [port, tlsPort] = [await freePort(LOOPBACK), await freePort(LOOPBACK)];
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-free-diameter-'));
  const tls = certificate('dra.home1.net', 'bmsc.home1.net');
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return JSON.stringify(file);
  };
  const [key, cert] = [write('key.pem', tls.key), write('cert.pem', tls.cert)];
  const acl = write('acl.conf', 'ALLOW_IPSEC *.home1.net\n');
  const configuration = `
    Identity = "dra.home1.net";
    Realm = "home1.net";
    Port = ${port};
    SecPort = ${tlsPort};
    No_SCTP;
    No_IPv6;
    TwTimer = 6;
    TLS_Cred = ${cert}, ${key};
    TLS_CA = ${cert};
    LoadExtension = "/usr/lib/freeDiameter/acl_wl.fdx" : ${acl};
    ConnectPeer = "bsf.home1.net" { ConnectTo = "127.0.0.1"; Port = ${bsfPort}; No_TLS; No_SCTP; };
  `;
  const file = join(folder, 'freeDiameter.conf');
  writeFileSync(file, configuration);
  const peer = await started(spawn('freeDiameterd', ['-c', file]), port);
  return {
    ...peer,
    tlsPort,
    tls,
    close: () => peer.close().finally(() => rmSync(folder, { recursive: true, force: true })),
  };
}

/** Waits until the program listens. @throws Error with what it wrote, if it does not in 15 s */
async function started(child: ChildProcess, port: number): Promise<RunningPeer> {
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    text += chunk;
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  for (const deadline = Date.now() + 15_000; !(await listens(port)); ) {
    if (child.exitCode === null && Date.now() < deadline) continue;
    await close();
    throw new Error(`does not listen: ${text}`);
  }
  return { port, log: () => text, close };
}

async function listens(port: number): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK, () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
