import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test, vi } from 'vitest';
import { freePorts } from '../free-ports.ts';
import { startTestSystem } from '../local-system.ts';
import { describeWith, type Peer, runs } from '../peers.ts';

// Whole systems, several at a time, on a machine that may have more to do.
vi.setConfig({ testTimeout: 120_000 });

/** Options of a local system that does not synthesize its stacks again. */
const SYNTHESIZED = ['--synthesis', inject('synthesisFile')];

const PROGRAM = join(import.meta.dirname, '../../local/main.ts');

/**
 * Starts the local system in a process group, as a terminal does, and signals once it has written `moment`.
 */
async function interruptedAt(moment: string, signal: (pid: number) => void, ...options: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'interrupt-test-'));
  const { http, endpoint, udp } = await freePorts();
  const ports = ['--port', http, '--endpoint-port', endpoint, '--udp-port', udp, '--bsf-port', 0].map(String);
  const child = spawn(process.execPath, [PROGRAM, ...ports, ...options], {
    env: { ...process.env, TMPDIR: folder },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the program did not start');
  let output = '';
  let isSignalled = false;
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (isSignalled || !output.includes(moment)) return;
      isSignalled = true;
      signal(pid);
    });
  try {
    // Its output ends when the last process is gone that could write to it.
    const [code] = await once(child, 'close');
    const left = readdirSync(folder).filter((name) => name !== 'node-compile-cache');
    await vi.waitUntil(() => isGone(-pid), { timeout: 5000 });
    return { code, output, isSignalled, left };
  } finally {
    if (!isGone(-pid)) process.kill(-pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}

const ctrlC = (pid: number) => void process.kill(-pid, 'SIGINT');
const stopped = (pid: number) => void process.kill(pid, 'SIGTERM');

test.concurrent.each([
  ['Ctrl-C while the stacks are synthesized', '… synthesizing', ctrlC, []],
  [
    'Ctrl-C while the Key Distribution function starts',
    '… starting the Key Distribution',
    ctrlC,
    SYNTHESIZED,
  ],
  ['SIGTERM to npm start alone in the demonstration', '3 register', stopped, SYNTHESIZED],
])('%s stops the whole system, and leaves no process and no folder', async (_, moment, signal, options) => {
  expect(await interruptedAt(moment, signal, ...options)).toMatchObject({
    code: 1,
    output: expect.stringMatching(/npm start: interrupted\n$/),
    isSignalled: true,
    left: [],
  });
});

/** Processes of `parent` by what stands in their command line. */
function childrenOf(parent: number, what: RegExp): number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, ppid, ...args]) => Number(ppid) === parent && what.test(args.join(' ')))
    .map(([pid]) => Number(pid));
}

const PS: Peer = {
  name: 'ps',
  isThere: () => runs('ps', '-A', '-o', 'pid=,ppid=,args='),
  install: 'apt-get install procps',
};

describeWith(PS, 'a killed part', () => {
  test.concurrent.each([
    [
      'the sender',
      /key-distribution/,
      /npm start: the sender ended with SIGKILL. The last that it wrote:\n\{/,
    ],
    ['a Lambda process', /lambda-host/, /npm start: a Lambda process ended with SIGKILL/],
  ])('%s that is killed ends the local system, which says so', async (_, what, said) => {
    const killed = (pid: number) => {
      const [child] = childrenOf(pid, what);
      if (child !== undefined) process.kill(child, 'SIGKILL');
    };
    const { code, output, left } = await interruptedAt('stays up until Ctrl-C', killed, ...SYNTHESIZED);
    expect({ code, left }).toEqual({ code: 1, left: [] });
    expect(output).toMatch(said);
  });

  test('a local system whose sender was killed can be closed', async () => {
    const system = await startTestSystem();
    const children = childrenOf(process.pid, /key-distribution/);
    expect(children).toHaveLength(1);
    const pid = children[0] ?? 0;
    process.kill(pid, 'SIGKILL');
    await vi.waitUntil(() => isGone(pid), { timeout: 5000 });
    expect(await system.ended).toMatchObject({ what: 'the sender ended with SIGKILL' });
    await system.close();
    expect(existsSync(system.logFolder)).toBe(false);
  });
});
