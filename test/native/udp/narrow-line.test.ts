import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { describeWith, type Peer, runs } from '../../peers.ts';

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, 'narrow-line.ts');
const EAGAIN = 11;
const ENOBUFS = 105;

interface Outcome {
  readonly messages: number;
  readonly arrived: number;
  readonly repeated: number;
  readonly failed: number;
  readonly sendCalls: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly sentMs: number;
  readonly cpuMs: number;
}

/** A network of its own, whose loopback sends no faster than `shape` lets it. */
function commandBehind(shape: string, program: string): [string, string[]] {
  const narrow = `ip link set lo up && tc qdisc add dev lo root ${shape}`;
  return ['unshare', ['-rn', 'sh', '-c', `${narrow} && exec ${program}`]];
}

async function sendBehind(shape: string): Promise<Outcome> {
  const { stdout } = await run(...commandBehind(shape, `'${process.execPath}' '${PROGRAM}'`));
  return JSON.parse(stdout);
}

/** A network namespace with traffic control. Containers and hardened kernels refuse it to a plain user. */
const NARROW_LINE: Peer = {
  name: 'a network namespace with tc',
  isThere: () => {
    const [command, args] = commandBehind('tbf rate 40mbit burst 5kb limit 10kb', 'true');
    return process.platform === 'linux' && runs(command, ...args);
  },
  install: 'apt-get install iproute2 util-linux (and a kernel that allows user namespaces)',
  isDemandedInCi: false,
};

describeWith(NARROW_LINE, 'the batch transport on a line of 40 Mbit/s', () => {
  test('waits for room when the socket is full, without trying meanwhile, and loses nothing', async () => {
    const outcome = await sendBehind('tbf rate 40mbit burst 5kb limit 100mb');
    expect(outcome).toMatchObject({ arrived: outcome.messages, repeated: 0, failed: 0 });
    expect(outcome.errors[EAGAIN]).toBeGreaterThan(0);
    // A batch takes a call; each wait for room at most another two.
    expect(outcome.sendCalls).toBeLessThan(outcome.messages / 20);
    expect(outcome.cpuMs).toBeLessThan(outcome.sentMs * 0.75);
  }, 30_000);

  test('pauses when the system has no buffers left, and loses nothing', async () => {
    const outcome = await sendBehind('tbf rate 40mbit burst 5kb limit 10kb');
    expect(outcome).toMatchObject({ arrived: outcome.messages, repeated: 0, failed: 0 });
    expect(outcome.errors[ENOBUFS]).toBeGreaterThan(0);
    // What the line takes in a pause goes in a call, and the next call is refused.
    expect(outcome.sendCalls).toBeLessThan(outcome.messages);
    expect(outcome.cpuMs).toBeLessThan(outcome.sentMs * 0.75);
  }, 30_000);
});
