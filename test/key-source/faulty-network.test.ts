import { createHash } from 'node:crypto';
import type { ServerHttp2Stream } from 'node:http2';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type Btid, btidOf } from '../../lib/gba/btid.ts';
import { GuardedKeySource } from '../../lib/key-source/guarded-key-source.ts';
import type { LookUp } from '../../lib/key-source/key-source.ts';
import { NbspKeySource } from '../../lib/key-source/nbsp-key-source.ts';
import { AccessTokens } from '../../lib/key-source/sbi/access-tokens.ts';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { type SeededRandom, seededRandom } from '../seeded-random.ts';
import { NRF } from './bsf.ts';
import { answerJson, type Received, TestNetworkFunction } from './network.ts';

const UES = 1000;
const AT_ONCE = 20;
const DEADLINE_MS = 150;
/** The deadline, and what a busy machine adds to it. */
const MAX_MS = 3000;

const ues = Array.from({ length: UES }, (_, number) => {
  const rand = Buffer.alloc(16);
  rand.writeUInt32BE(number);
  return btidOf({ rand, bsfName: 'bsf.home1.net' });
});
const keyOf = (btid: string) => createHash('sha256').update(btid).digest('hex');

/** What a BSF can do wrong to a question, and what is right. */
const FAULTS: Readonly<Record<string, (stream: ServerHttp2Stream) => void>> = {
  reset: (stream) => stream.close(2),
  refused: (stream) => stream.close(7),
  goaway: (stream) => stream.session?.goaway(0),
  killed: (stream) => stream.session?.destroy(),
  stalled: () => undefined,
  busy: (stream) => answerJson(stream, 429),
  down: (stream) => answerJson(stream, 503, { cause: 'SYSTEM_FAILURE' }, { 'retry-after': '1' }),
  'wrong hex': (stream) => answerJson(stream, 200, { meKeyMaterial: 'zz'.repeat(32) }),
  'half a key': (stream) => answerJson(stream, 200, { meKeyMaterial: 'aa'.repeat(16) }),
  huge: (stream) => answerJson(stream, 200, { meKeyMaterial: 'aa'.repeat(100_000) }),
  'cut off': (stream) => {
    stream.respond({ ':status': 200 });
    stream.write('{"meKeyMaterial":"aaaa');
    setTimeout(() => stream.close(8), 5);
  },
};

/** A BSF that does everything wrong, an NRF whose tokens it does not accept for long, and a way to both. */
async function startBadNetwork(random: SeededRandom) {
  const names = Object.keys(FAULTS);
  const done = new Set<string>();
  let tokens = 1;
  const bsf = await TestNetworkFunction.start((stream, { headers, body }: Received) => {
    if (headers.authorization !== `Bearer token-${tokens}`) return answerJson(stream, 401);
    if (random.happens(0.01)) tokens += 1;
    const fault = random.happens(0.3) ? names[random.whole(names.length)] : undefined;
    if (fault !== undefined) return void FAULTS[done.add(fault) && fault]?.(stream);
    const meKeyMaterial = keyOf(JSON.parse(body).btId);
    setTimeout(() => stream.destroyed || answerJson(stream, 200, { meKeyMaterial }), random.whole(20));
  });
  const nrf = await TestNetworkFunction.start((stream) =>
    answerJson(stream, 200, { access_token: `token-${tokens}`, token_type: 'Bearer', expires_in: 3600 }),
  );
  const client = new SbiClient({ userAgent: 'AF-bmsc.home1.net', timeoutMs: DEADLINE_MS });
  const clock = { now: Date.now() };
  const now = () => clock.now;
  const source = new NbspKeySource({
    client,
    nafFqdn: 'bmsc.home1.net',
    gbaU: true,
    apiRootOf: () => bsf.apiRoot,
    tokens: new AccessTokens(client, { apiRoot: nrf.apiRoot, ...NRF }, now),
    discovery: undefined,
    now,
  });
  const stop = async () => {
    await source.close();
    await Promise.all([bsf.stop(), nrf.stop()]);
  };
  return { source, clock, stop, faults: () => [...done], tokens: () => tokens };
}

it('no UE gets the keys of another, and each gets its own, from a BSF that does everything wrong', async () => {
  const network = await startBadNetwork(seededRandom(14));
  const { source, clock } = network;
  const guard = new GuardedKeySource({
    source,
    allowance: { take: async () => true },
    timeoutMs: DEADLINE_MS,
    unknownMs: 10_000,
    now: () => clock.now,
    onLookUp: () => undefined,
  });
  let longestMs = 0;
  /** Asks until there are keys, as a UE that gets 503 does. */
  async function keysFor(btid: Btid): Promise<LookUp> {
    for (;;) {
      const before = performance.now();
      const lookUp = await guard.lookUp(btid);
      longestMs = Math.max(longestMs, performance.now() - before);
      if (lookUp.kind !== 'unavailable') return lookUp;
      clock.now += lookUp.retryAfterMs;
      await setImmediate();
    }
  }
  const waiting = [...ues];
  const wrong: string[] = [];
  const worker = async () => {
    for (let btid = waiting.pop(); btid !== undefined; btid = waiting.pop()) {
      const lookUp = await keysFor(btid);
      const keys = lookUp.kind === 'found' ? lookUp.found.keys : undefined;
      const isRight =
        keys?.type === 'GBA_ME' && Buffer.from(keys.ksNaf.exposeOctets()).toString('hex') === keyOf(btid);
      if (!isRight) wrong.push(btid);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await network.stop();
  expect(wrong).toEqual([]);
  expect(network.faults().sort()).toEqual(Object.keys(FAULTS).sort());
  expect(network.tokens()).toBeGreaterThan(1);
  expect(longestMs).toBeLessThan(MAX_MS);
});
