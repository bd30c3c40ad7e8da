import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SENDER_VARIABLE } from '../../../functions/environment-variables.ts';
import { parseEnvironment } from '../../../functions/key-distribution/environment.ts';
import { WorkerPool } from '../../../functions/key-distribution/workers/worker-pool.ts';
import { senderOf } from '../../../lib/distribution/delivery/csb-id.ts';
import { type DistributingBmsc, startDistributingBmsc } from '../../distribution/bmsc.ts';
import { NEWS, populate, provisionServices } from '../../distribution/population.ts';
import { completed, expectEmptied, ledgerOf, messagesTo, PUSH_ALL } from '../../distribution/pushing.ts';
import { childrenOf, type SenderProcess, startSenderProcess } from '../../distribution/sender-process.ts';
import { type JoinedUe, startUes, type TestUes } from '../../distribution/ues.ts';

const UES = 2000;
/** Source ports that UEs answer from, at random: as many places for the system's own choice among sockets. */
const PORTS = 300;
const WITHOUT_KOFFI = ['--import', join(import.meta.dirname, '../../native/udp/without-koffi.ts')];
const MAIN = join(import.meta.dirname, '../../../functions/key-distribution/main.ts');

let bmsc: DistributingBmsc;
let ues: TestUes;
let joined: readonly JoinedUe[];
let ports: readonly Socket[];
let isAsleep = false;
const senders: SenderProcess[] = [];

beforeAll(async () => {
  bmsc = await startDistributingBmsc();
  ports = await Promise.all(
    Array.from({ length: PORTS }, async () => {
      const socket = createSocket('udp4').bind(0, '127.0.0.1');
      await once(socket, 'listening');
      return socket;
    }),
  );
  ues = await startUes({
    answer: (octets, _ue, to) => {
      if (!isAsleep) ports[Math.floor(Math.random() * PORTS)]?.send(octets, to.port, to.address);
      return [];
    },
  });
  await provisionServices(bmsc.store);
  joined = ues.join(await populate(bmsc.store, UES, ues.address, { servicesOf: () => [NEWS] }));
}, 60_000);
afterEach(async () => {
  isAsleep = false;
  for (const sender of senders.splice(0)) await sender.end('SIGKILL');
  for (const ue of joined) ue.messages.length = 0;
  ues.received.length = 0;
});
afterAll(async () => {
  for (const socket of ports) socket.close();
  await ues?.close();
  await bmsc?.close();
});

async function startTask(
  change: Readonly<Record<string, string>> = {},
  execArgv: readonly string[] = [],
): Promise<SenderProcess> {
  const environment = {
    ...bmsc.environment,
    POWERTOOLS_METRICS_DISABLED: 'false',
    [SENDER_VARIABLE.workers]: '2',
    [SENDER_VARIABLE.pageUes]: '100',
    // So that no worker has room for all of a push, nor time.
    [SENDER_VARIABLE.perSecond]: '4000',
    [SENDER_VARIABLE.maxUesInProgress]: '400',
    ...change,
  };
  const sender = await startSenderProcess(environment, execArgv);
  senders.push(sender);
  return sender;
}

/** Messages that each of two workers has sent, by their CSB IDs. */
const sentBy = () =>
  [0, 1].map((index) => ues.received.filter(({ octets }) => senderOf(octets, 2) === index).length);

async function expectAllVerified(pushId: string): Promise<void> {
  await completed(bmsc, pushId).toMatchObject({ verified: UES, failed: {} });
  expect((await ledgerOf(bmsc, pushId)).verified).toHaveLength(UES);
}

describe.runIf(process.platform === 'linux')('two workers on one port', () => {
  test('get each answer from the system, whatever port it comes from, and forward none', async () => {
    const sender = await startTask();
    expect(sender.workers()).toHaveLength(2);
    for (let push = 0; push < 2; push++) await expectAllVerified(await bmsc.ask('Push MSK', PUSH_ALL));
    expect(Math.min(...sentBy())).toBeGreaterThan(UES / 10);
    expect(new Set(ues.received.map(({ from }) => from.port))).toEqual(new Set([sender.udpPort]));
    expect(joined.map(messagesTo)).toEqual(joined.map(() => 2));
    expect(await sender.end('SIGTERM')).toBe(0);
    expect(sender.counts()).toMatchObject({ MessagesSent: 2 * UES, MsksDelivered: 2 * UES });
    expect(sender.counts()).not.toHaveProperty('DatagramsForwarded');
    expect(sender.counts()).not.toHaveProperty('DatagramsIgnored');
  }, 60_000);

  test('forward answers where the system does not steer them, and lose none', async () => {
    const sender = await startTask({}, WITHOUT_KOFFI);
    await expectAllVerified(await bmsc.ask('Push MSK', PUSH_ALL));
    expect(await sender.end('SIGTERM')).toBe(0);
    const { DatagramsForwarded, ...counts } = sender.counts();
    // Half of them are for the other; where the system would send all to one, as many as that has not sent.
    expect(DatagramsForwarded).toBeGreaterThan(UES / 4);
    expect(DatagramsForwarded).toBeLessThan((3 * UES) / 4);
    expect(counts).toMatchObject({ MsksDelivered: UES });
    expect(counts).not.toHaveProperty('DatagramsIgnored');
  }, 60_000);

  test.each([
    ['by the system', []],
    ['by each other', WITHOUT_KOFFI],
  ])(
    'survive the death of one in a push, with answers brought %s before and after',
    async (_how, execArgv) => {
      const sender = await startTask({ [SENDER_VARIABLE.perSecond]: '1000' }, execArgv);
      const [first = 0, second = 0] = sender.workers();
      const pushId = await bmsc.ask('Push MSK', PUSH_ALL);
      await expect.poll(() => ues.received.length, { timeout: 15_000, interval: 5 }).toBeGreaterThan(200);
      process.kill(first, 'SIGKILL');
      await expectAllVerified(pushId);
      await expect.poll(() => sender.workers().length, { timeout: 15_000 }).toBe(2);
      expect(sender.workers()).toContain(second);
      expect(sender.workers()).not.toContain(first);
      const before = sender.counts();
      ues.received.length = 0;
      await expectAllVerified(await bmsc.ask('Push MSK', PUSH_ALL));
      expect(Math.min(...sentBy())).toBeGreaterThan(UES / 10);
      await expectEmptied(bmsc);
      expect(await sender.end('SIGTERM')).toBe(0);
      const forwarded =
        (sender.counts().DatagramsForwarded ?? 0) -
        (execArgv.length > 0 ? (before.DatagramsForwarded ?? 0) : 0);
      if (execArgv.length > 0) expect(forwarded).toBeGreaterThan(UES / 4);
      else expect(forwarded).toBe(0);
    },
    60_000,
  );

  test('take forged datagrams for nobody else, and count each once', async () => {
    const sender = await startTask();
    const forged = Array.from({ length: 400 }, (_, index) => {
      // A verification message by its header, for any CSB ID; every eighth is too short to have one.
      const octets = Buffer.alloc(index % 8 === 0 ? 5 : 60, index);
      if (octets.length > 8) octets.writeUInt32BE((index * 0x9e3779b9) >>> 0, 4);
      return octets;
    });
    for (const [index, octets] of forged.entries())
      ports[index % PORTS]?.send(octets, sender.udpPort, '127.0.0.1');
    await expect.poll(() => sender.counts().DatagramsIgnored, { timeout: 10_000 }).toBe(forged.length);
    expect(sender.counts()).not.toHaveProperty('DatagramsForwarded');
    expect(sender.workers()).toHaveLength(2);
  }, 30_000);

  test('both wait for the answers that are due when the task stops', async () => {
    isAsleep = true;
    const sender = await startTask({
      [SENDER_VARIABLE.drainSeconds]: '20',
      [SENDER_VARIABLE.perSecond]: '1000',
      [SENDER_VARIABLE.maxUesInProgress]: '900',
    });
    const workers = sender.workers();
    const pushIds = await Promise.all(
      Array.from({ length: 40 }, (_, index) => {
        const target = { ues: joined.slice(20 * index, 20 * (index + 1)).map(({ impi }) => impi) };
        return bmsc.ask('Push MSK', { ...PUSH_ALL, target });
      }),
    );
    const reached = () => joined.filter((ue) => messagesTo(ue) > 0).length;
    await expect.poll(reached, { timeout: 15_000 }).toBe(800);
    expect(Math.min(...sentBy())).toBeGreaterThan(0);
    const ended = sender.end('SIGTERM');
    isAsleep = false;
    expect(await ended).toBe(0);
    for (const pushId of pushIds)
      expect(bmsc.eventsOf('MSK Push Completed', pushId)[0]).toMatchObject({ verified: 20, failed: {} });
    for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await expectEmptied(bmsc);
  }, 40_000);

  test('end with a task whose primary is killed', async () => {
    const sender = await startTask();
    const workers = sender.workers();
    expect(workers).toHaveLength(2);
    await sender.end('SIGKILL');
    for (const pid of workers)
      await expect.poll(() => isAlive(pid), { timeout: 5000, interval: 20 }).toBe(false);
  }, 20_000);

  test('do not start on a port that others have, nor without the key of the table', async () => {
    const { udpPort } = await startTask();
    await expect(startTask({ [SENDER_VARIABLE.udpPort]: String(udpPort) })).rejects.toThrow(
      'ended with code 1',
    );
    const keyArn = 'arn:aws:kms:us-east-1:000000000000:key/another';
    await expect(startTask({ [SENDER_VARIABLE.keyArn]: keyArn })).rejects.toThrow('ended with code 1');
  }, 20_000);

  test('end the task when one dies again and again', async () => {
    const sender = await startTask();
    const [, kept] = sender.workers();
    let isOver = false;
    const over = sender.ended.then((code) => {
      isOver = true;
      return code;
    });
    const killing = setInterval(() => {
      if (isOver) return;
      for (const pid of sender.workers()) if (pid !== kept) process.kill(pid, 'SIGKILL');
    }, 100);
    try {
      expect(await over).toBe(1);
    } finally {
      clearInterval(killing);
    }
  }, 40_000);

  test('are as fresh as the one that the queue has not answered for longest', async () => {
    const settings = parseEnvironment({ ...bmsc.environment, [SENDER_VARIABLE.workers]: '2' });
    const before = new Set(childrenOf(process.pid));
    const workers = await WorkerPool.start(settings, MAIN);
    const target = { ues: joined.slice(0, 1).map(({ impi }) => impi) };
    // Where there is work, nobody waits for the queue for long.
    const asking = setInterval(() => void bmsc.ask('Push MSK', { ...PUSH_ALL, target }), 150);
    try {
      const within = { timeout: 20_000, interval: 50 };
      await expect.poll(() => workers.msSinceQueueAnswer, within).toBeLessThan(3000);
      const [stuck = 0] = childrenOf(process.pid).filter((pid) => !before.has(pid));
      process.kill(stuck, 'SIGSTOP');
      await expect.poll(() => workers.msSinceQueueAnswer, within).toBeGreaterThan(7000);
      process.kill(stuck, 'SIGCONT');
      await expect.poll(() => workers.msSinceQueueAnswer, within).toBeLessThan(3000);
    } finally {
      clearInterval(asking);
      expect(await workers.stop()).toBe(true);
    }
  }, 60_000);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
