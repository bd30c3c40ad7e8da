import { afterEach, describe, expect, test } from 'vitest';
import { type DiameterMessage, encodeMessage, errorAnswer } from '../../lib/diameter/index.ts';
import type { ZnClient } from '../../lib/zn/client.ts';
import type { DiameterServer } from '../../lib/zn/server.ts';
import { BSF_ORIGIN, MESSAGES } from '../diameter/messages.ts';
import { ScriptedPeer } from './scripted-peer.ts';
import { found, keyOf, openClient, startBsf, wanted } from './zn.ts';

const LOOK_UPS = 1000;

const open: { close: () => unknown }[] = [];
const opened = <Closable extends { close: () => unknown }>(closable: Closable): Closable => {
  open.push(closable);
  return closable;
};
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** A BSF that takes a few milliseconds, and counts what it is asked. */
async function countingBsf() {
  const counts = { asked: 0, again: 0 };
  const server = await startBsf(async ({ bTid }, isRetransmission) => {
    counts.asked++;
    if (isRetransmission) counts.again++;
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
    return found(bTid);
  });
  opened(server);
  return { server, counts };
}

/** Starts 1,000 look-ups over a second, and does something in their middle. */
async function lookUpsAround(zn: ZnClient, disturb: () => unknown) {
  const outcomes: Promise<{ bTid: string; outcome: 'own-key' | 'wrong-key' | string }>[] = [];
  for (let index = 0; index < LOOK_UPS; index++) {
    const bTid = `ue${index}@bsf.home1.net`;
    outcomes.push(
      zn.lookUp(wanted(bTid)).then(
        (answer) => ({
          bTid,
          outcome:
            answer.kind === 'found' && answer.info.meKeyMaterial.equals(keyOf(bTid))
              ? 'own-key'
              : 'wrong-key',
        }),
        (error) => ({ bTid, outcome: String(error.code) }),
      ),
    );
    if (index === LOOK_UPS / 2) await disturb();
    if (index % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const settled = await Promise.all(outcomes);
  const tally: Record<string, number> = {};
  for (const { outcome } of settled) tally[outcome] = (tally[outcome] ?? 0) + 1;
  return tally;
}

describe('failover in the middle of 1,000 look-ups: each is answered once, with its own key', () => {
  async function run(disturb: (server: DiameterServer) => unknown, settings = {}) {
    const [first, second] = [await countingBsf(), await countingBsf()];
    const zn = opened(await openClient([first.server.port, second.server.port], {}, settings));
    const tally = await lookUpsAround(zn, () => disturb(first.server));
    return { tally, first: first.counts, second: second.counts };
  }

  test('when a BSF is killed', async () => {
    const { tally, first, second } = await run((server) => server.kill());
    expect(tally).toEqual({ 'own-key': LOOK_UPS });
    expect(first.asked).toBeGreaterThan(LOOK_UPS / 4);
    expect(second.again).toBeGreaterThan(0);
    // Those that were on their way to the first one when it died are asked of the second one alone.
    expect(second.asked - second.again).toBeLessThanOrEqual(LOOK_UPS - first.asked);
    expect(first.asked + second.asked).toBeGreaterThanOrEqual(LOOK_UPS);
  });

  test('when a BSF disconnects in order', async () => {
    const { tally } = await run((server) => server.close());
    expect(tally).toEqual({ 'own-key': LOOK_UPS });
  });

  test('when a BSF stalls: it keeps its connection, and answers nothing any more', async () => {
    let isStalled = false;
    const stalling = await startBsf(({ bTid }) =>
      isStalled ? new Promise(() => {}) : Promise.resolve(found(bTid)),
    );
    opened(stalling);
    const { server } = await countingBsf();
    const zn = opened(await openClient([stalling.port, server.port], { timeoutMs: 1000 }));
    const tally = await lookUpsAround(zn, () => {
      isStalled = true;
    });
    expect(tally).toEqual({ 'own-key': LOOK_UPS });
  });

  test('when a BSF is killed and comes back', async () => {
    const { tally } = await run(async (server) => {
      const { port } = server;
      await server.kill();
      opened(await startBsf(undefined, port));
    });
    expect(tally).toEqual({ 'own-key': LOOK_UPS });
  });
});

test('without a second peer, look-ups of a killed BSF end with a typed error, and go on when it is back', async () => {
  const server = await startBsf();
  const zn = opened(await openClient([server.port]));
  const tally = await lookUpsAround(zn, () => server.kill());
  const { 'own-key': served = 0, 'no-peer': refused = 0, 'peer-down': lost = 0 } = tally;
  expect(served + refused + lost).toBe(LOOK_UPS);
  expect(served).toBeGreaterThan(0);
  opened(await startBsf(undefined, server.port));
});

describe('a BSF that answers nonsense', () => {
  async function outcomeOf(answer: (request: DiameterMessage) => Uint8Array): Promise<string> {
    const bsf = opened(
      await ScriptedPeer.listen((message, socket) => {
        if (message.header.isRequest) socket.write(answer(message));
      }),
    );
    const zn = opened(await openClient([bsf.port], { timeoutMs: 200 }));
    return zn.lookUp(wanted()).then(
      ({ kind }) => kind,
      (error) => `${error.name} ${error.code}`,
    );
  }
  /** The good answer of the vectors, as an answer to this request, after a change. */
  const changed = (request: DiameterMessage, change: (octets: Buffer) => unknown) => {
    const session = request.avps.filter(({ code }) => code === 263);
    const avps = [...session, ...MESSAGES.bia.avps.filter(({ code }) => code !== 263)];
    const octets = Buffer.from(encodeMessage({ header: { ...request.header, isRequest: false }, avps }));
    change(octets);
    return octets;
  };

  test('unchanged, it is good', async () => {
    expect(await outcomeOf((request) => changed(request, () => {}))).toBe('found');
  });

  test.each([
    ['AVPs of length 0', (octets: Buffer) => octets.fill(0, 25, 28)],
    ['an AVP that is longer than the message', (octets: Buffer) => octets.fill(0xff, 25, 28)],
    ['zeros', (octets: Buffer) => octets.fill(0, 20)],
    ['no key', (octets: Buffer) => octets.writeUInt32BE(999, octets.indexOf('00000195', 0, 'hex'))],
    ['another session', (octets: Buffer) => octets.fill('x', 28, 32)],
  ])('%s: a typed error', async (_, change) => {
    expect(await outcomeOf((request) => changed(request, change))).toBe('ZnError bad-answer');
  });

  test('the header of a huge message: the connection ends', async () => {
    expect(await outcomeOf(() => Buffer.from('01fffff840000136', 'hex'))).toBe('ZnError peer-down');
  });

  test('its own request: no answer', async () => {
    expect(await outcomeOf((request) => encodeMessage(request))).toBe('ZnError timeout');
  });

  test('an error of an agent: a refusal', async () => {
    const answer = { resultCode: 3003, message: 'realm' };
    expect(await outcomeOf((request) => encodeMessage(errorAnswer(request, BSF_ORIGIN, answer)))).toBe(
      'refused',
    );
  });
});
