import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import type { LocalPorts } from '../../local/system.ts';
import { freePorts } from '../free-ports.ts';
import { HAS_IPV6 } from '../ipv6.ts';
import { type Running, start } from './run.ts';
import { boundAddressesOf, processesOf } from './sockets.ts';

// Whole systems, several at a time, on a machine that may have more to do.
vi.setConfig({ testTimeout: 120_000 });

/** Options of a local system that does not synthesize its stacks again. */
const SYNTHESIZED = ['--synthesis', inject('synthesisFile')];

/** 127.0.0.1 and ::1 as /proc/net has them. */
const LOOPBACK = '0100007F';
const LOOPBACK_IPV6 = '00000000000000000000000001000000';

let folder: string;
let running: Running[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bmsc-start-test-'));
  running = [];
});
afterEach(() => {
  for (const { child } of running)
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
      process.kill(-child.pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** `npm start` as the README has it, with ports that are free and a temporary folder of its own. */
function npmStart({ http, endpoint, udp }: LocalPorts, ...options: readonly string[]): Running {
  const ports = ['--port', http, '--endpoint-port', endpoint, '--udp-port', udp, '--bsf-port', 0].map(String);
  const started = start('npm', ['start', '--', ...ports, ...options], { TMPDIR: folder });
  running.push(started);
  return started;
}

/** What is left in the temporary folder; npm caches compiled code of its own there. */
const leftBehind = () => readdirSync(folder).filter((name) => name !== 'node-compile-cache');

test('npm start -- --once --json shows the main job, says its URLs in one line of JSON, and leaves nothing behind', async () => {
  const ports = await freePorts();
  const { code, stdout } = await npmStart(ports, '--once', '--json').finished;
  expect(code).toBe(0);
  const objects = stdout.split('\n').filter((line) => line.startsWith('{'));
  expect(objects).toHaveLength(1);
  expect(JSON.parse(objects[0] ?? '')).toMatchObject({
    keyManagementUrl: `http://127.0.0.1:${ports.http}/keymanagement`,
    endpointUrl: `http://127.0.0.1:${ports.endpoint}`,
    stackName: 'BmscService',
    nafFqdn: 'bmsc.home1.net',
    udpPort: expect.any(Number),
  });
  expect(stdout).toMatch(/the keys match on both sides\nready after \d+\.\d s\n$/);
  expect(leftBehind()).toEqual([]);
});

test('npm start stays up on loopback alone, says what is taken to another, and ends whole at Ctrl-C', async () => {
  const ports = await freePorts();
  const first = npmStart(ports, '--no-demo', ...SYNTHESIZED);
  await expect.poll(first.output, { timeout: 60_000 }).toContain('stays up until Ctrl-C');
  const group = first.child.pid ?? 0;
  if (process.platform === 'linux') {
    const addresses = boundAddressesOf(processesOf(group));
    // The endpoint, the API, the sender's health and UDP ports.
    expect(addresses.length).toBeGreaterThanOrEqual(4);
    expect(addresses.filter((address) => !address.startsWith(LOOPBACK))).toEqual([]);
  }
  const before = leftBehind();
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const udp = socket.address().port;
  const others = [{ endpoint: ports.endpoint }, { udp }].map(async (taken) =>
    npmStart({ ...(await freePorts()), ...taken }, '--once', ...SYNTHESIZED),
  );
  const finished = await Promise.all(others.map(async (each) => (await each).finished));
  socket.close();
  const hint =
    'is taken by another program: choose others with --port, --endpoint-port, --udp-port and --bsf-port';
  expect(finished.map(({ code }) => code)).toEqual([1, 1]);
  expect(finished[0]?.stderr).toContain(`npm start: port ${ports.endpoint} ${hint}`);
  expect(finished[1]?.stderr).toContain(`npm start: UDP port ${udp} ${hint}`);
  expect(leftBehind()).toEqual(before);

  first.interrupt();
  const { code, stderr } = await first.finished;
  // npm itself ends by the signal, as a terminal expects of it.
  expect(code ?? 0).toBe(0);
  expect(stderr).not.toContain('npm start:');
  expect(leftBehind()).toEqual([]);
  if (process.platform === 'linux')
    await expect.poll(() => processesOf(group), { timeout: 5000 }).toEqual([]);
});

test.runIf(HAS_IPV6)('npm start -- --host ::1 listens there, and says so', async () => {
  const ports = await freePorts('::1');
  const started = npmStart(ports, '--host', '::1', '--no-demo', ...SYNTHESIZED);
  await expect.poll(started.output, { timeout: 60_000 }).toContain('stays up until Ctrl-C');
  expect(started.output()).toContain(`http://[::1]:${ports.http}/keymanagement`);
  expect(started.output()).toContain(`http://[::1]:${ports.endpoint} `);
  expect(started.output()).toMatch(/sender +udp \[::1\]:\d+\n/);
  if (process.platform === 'linux') {
    const addresses = boundAddressesOf(processesOf(started.child.pid ?? 0));
    expect(addresses.filter((address) => address.startsWith(`${LOOPBACK_IPV6}:`)).length).toBe(10);
    // The health of sender and Zn service, which only their own containers ask for.
    const health = [expect.stringMatching(`^${LOOPBACK}:`), expect.stringMatching(`^${LOOPBACK}:`)];
    expect(addresses.filter((address) => !address.startsWith(`${LOOPBACK_IPV6}:`))).toEqual(health);
  }
  started.interrupt();
  await started.finished;
});
