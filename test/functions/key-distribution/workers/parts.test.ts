import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createPassingOn } from '../../../../functions/key-distribution/workers/forwarding.ts';
import {
  argumentsOfWorker,
  MOST_WAITING,
  workerStartIn,
} from '../../../../functions/key-distribution/workers/messages.ts';
import { createRestarts, LIVED_MS } from '../../../../functions/key-distribution/workers/restarts.ts';

describe('a worker that died', () => {
  test('is started again after a pause that doubles, and not at the fifth death in a row', () => {
    const diesAgain = createRestarts();
    expect([0, 10, 100, 59_999, 0].map(diesAgain)).toEqual([500, 1000, 2000, 4000, undefined]);
  });

  test('begins with the shortest pause when it has lived for long', () => {
    const diesAgain = createRestarts();
    expect([0, 0, 0, LIVED_MS, 0, LIVED_MS].map(diesAgain)).toEqual([500, 1000, 2000, 500, 1000, 500]);
  });
});

describe('datagrams for other workers', () => {
  function passing() {
    const sent: { to: number; count: number; taken: () => void }[] = [];
    const counted = { passedOn: 0, notPassedOn: 0 };
    const passOn = createPassingOn({
      send: (to, datagrams, taken) => void sent.push({ to, count: datagrams.length, taken }),
      countPassedOn: (datagrams) => {
        counted.passedOn += datagrams;
      },
      countNotPassedOn: (datagrams) => {
        counted.notPassedOn += datagrams;
      },
    });
    return { sent, counted, passOn };
  }

  test('go together, those for one worker in one message', async () => {
    const { sent, counted, passOn } = passing();
    for (const to of [1, 2, 1, 1, 2]) passOn(to, Buffer.from('datagram'));
    expect(sent).toEqual([]);
    await turn();
    expect(sent).toMatchObject([
      { to: 1, count: 3 },
      { to: 2, count: 2 },
    ]);
    expect(counted).toEqual({ passedOn: 5, notPassedOn: 0 });
  });

  test('are dropped and counted while too many wait, until they are taken', async () => {
    const { sent, counted, passOn } = passing();
    for (let count = 0; count < MOST_WAITING + 7; count++) passOn(1, Buffer.from('datagram'));
    await turn();
    passOn(1, Buffer.from('datagram'));
    expect(counted).toEqual({ passedOn: MOST_WAITING, notPassedOn: 8 });
    sent[0]?.taken();
    passOn(1, Buffer.from('datagram'));
    await turn();
    expect(counted).toEqual({ passedOn: MOST_WAITING + 1, notPassedOn: 8 });
  });
});

test('a process knows by its arguments that it is a worker, and which', () => {
  const start = { index: 1, of: 2, addresses: [{ address: '::', port: 2269 }], descriptors: [4] };
  expect(workerStartIn(['node', 'main.mjs', ...argumentsOfWorker(start)])).toEqual(start);
  expect(workerStartIn(['node', 'main.mjs', '--health'])).toBe(undefined);
});
