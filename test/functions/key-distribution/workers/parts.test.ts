import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Forwarder } from '../../../../functions/key-distribution/workers/forwarding.ts';
import {
  argumentsOfWorker,
  MAX_WAITING,
  workerStartIn,
} from '../../../../functions/key-distribution/workers/messages.ts';
import { LIVED_MS, RestartPolicy } from '../../../../functions/key-distribution/workers/restarts.ts';

describe('a worker that died', () => {
  test('is started again after a pause that doubles, and not at the fifth death in a row', () => {
    const restarts = new RestartPolicy();
    const pauses = [0, 10, 100, 59_999, 0].map((livedMs) => restarts.pauseAfterDeath(livedMs));
    expect(pauses).toEqual([500, 1000, 2000, 4000, undefined]);
  });

  test('begins with the shortest pause when it has lived for long', () => {
    const restarts = new RestartPolicy();
    const lives = [0, 0, 0, LIVED_MS, 0, LIVED_MS];
    expect(lives.map((livedMs) => restarts.pauseAfterDeath(livedMs))).toEqual([
      500, 1000, 2000, 500, 1000, 500,
    ]);
  });
});

describe('datagrams for other workers', () => {
  const DATAGRAM = Buffer.from('datagram');

  function newForwarder() {
    const sent: { to: number; count: number; onRead: () => void }[] = [];
    const counted = { forwarded: 0, notForwarded: 0 };
    const forwarder = new Forwarder({
      send: (to, datagrams, onRead) => void sent.push({ to, count: datagrams.length, onRead }),
      onForwarded: (datagrams) => {
        counted.forwarded += datagrams;
      },
      onNotForwarded: (datagrams) => {
        counted.notForwarded += datagrams;
      },
    });
    return { sent, counted, forwarder };
  }

  test('go together, those for one worker in one message', async () => {
    const { sent, counted, forwarder } = newForwarder();
    for (const to of [1, 2, 1, 1, 2]) forwarder.forward(to, DATAGRAM);
    expect(sent).toEqual([]);
    await turn();
    expect(sent).toMatchObject([
      { to: 1, count: 3 },
      { to: 2, count: 2 },
    ]);
    expect(counted).toEqual({ forwarded: 5, notForwarded: 0 });
  });

  test('are dropped and counted while too many wait to be read', async () => {
    const { sent, counted, forwarder } = newForwarder();
    for (let count = 0; count < MAX_WAITING + 7; count++) forwarder.forward(1, DATAGRAM);
    await turn();
    forwarder.forward(1, DATAGRAM);
    expect(counted).toEqual({ forwarded: MAX_WAITING, notForwarded: 8 });
    sent[0]?.onRead();
    forwarder.forward(1, DATAGRAM);
    await turn();
    expect(counted).toEqual({ forwarded: MAX_WAITING + 1, notForwarded: 8 });
  });
});

test('a process knows by its arguments that it is a worker, and which', () => {
  const start = { index: 1, of: 2, addresses: [{ address: '::', port: 2269 }], descriptors: [4] };
  expect(workerStartIn(['node', 'main.mjs', ...argumentsOfWorker(start)])).toEqual(start);
  expect(workerStartIn(['node', 'main.mjs', '--health'])).toBe(undefined);
});
