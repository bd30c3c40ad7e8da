import { describe, expect, it, vi } from 'vitest';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { GuardedKeySource, type GuardOptions } from '../../lib/key-source/guarded-key-source.ts';
import type { LookUp } from '../../lib/key-source/key-source.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';

const btid = (number: number) => {
  const rand = Buffer.alloc(16);
  rand.writeUInt32BE(number);
  return btidOf({ rand, bsfName: 'bsf.home1.net' });
};

const FOUND: LookUp = {
  kind: 'found',
  found: {
    impi: parseImpi('001010123456789@home1.net'),
    keys: { type: 'GBA_ME', ksNaf: new SecretKey(Buffer.alloc(32, 1)) },
    bootstrappedAt: undefined,
    expiresAt: undefined,
  },
};
const UNKNOWN: LookUp = { kind: 'unknown' };
const DOWN = { kind: 'unavailable', reason: 'refused-connection', retryAfterMs: 1000 } as const;

/** A guard before a network that `answer` plays, with a clock that the test moves. */
function guardOf(answer: () => LookUp | Promise<LookUp>, changes: Partial<GuardOptions> = {}) {
  const clock = { now: 1_000_000 };
  const network = vi.fn(async () => answer());
  const outcomes: string[] = [];
  const guard = new GuardedKeySource({
    source: { lookUp: network, close: async () => undefined },
    allowance: { take: async () => true },
    timeoutMs: 50,
    unknownMs: 10_000,
    now: () => clock.now,
    onLookUp: (lookUp) => outcomes.push(lookUp.kind),
    ...changes,
  });
  return { guard, network, clock, outcomes };
}

it('passes on what the network knows, and reports it', async () => {
  const { guard, outcomes } = guardOf(() => FOUND);
  expect(await guard.lookUp(btid(1))).toBe(FOUND);
  expect(outcomes).toEqual(['found']);
});

it('asks once for an identifier that many ask for at the same time', async () => {
  const { guard, network } = guardOf(() => FOUND);
  await Promise.all(Array.from({ length: 50 }, () => guard.lookUp(btid(1))));
  expect(network).toHaveBeenCalledTimes(1);
  await guard.lookUp(btid(1));
  expect(network).toHaveBeenCalledTimes(2);
});

it('does not ask again for an unknown identifier until its time is over', async () => {
  const { guard, network, clock } = guardOf(() => UNKNOWN);
  await guard.lookUp(btid(1));
  expect(await guard.lookUp(btid(1))).toEqual(UNKNOWN);
  expect(network).toHaveBeenCalledTimes(1);
  clock.now += 10_000;
  await guard.lookUp(btid(1));
  expect(network).toHaveBeenCalledTimes(2);
});

it('forgets the oldest of 10,000 unknown identifiers first', async () => {
  const { guard, network } = guardOf(() => UNKNOWN);
  for (let number = 0; number <= 10_000; number++) await guard.lookUp(btid(number));
  await guard.lookUp(btid(10_000));
  expect(network).toHaveBeenCalledTimes(10_001);
  await guard.lookUp(btid(0));
  expect(network).toHaveBeenCalledTimes(10_002);
});

it('asks the network no more often than the allowance says, and the others come again in a second', async () => {
  let left = 50;
  const { guard, network } = guardOf(() => UNKNOWN, { allowance: { take: async () => left-- > 0 } });
  const answers = await Promise.all(Array.from({ length: 1000 }, (_, number) => guard.lookUp(btid(number))));
  expect(network).toHaveBeenCalledTimes(50);
  expect(answers.filter(({ kind }) => kind === 'unavailable')).toHaveLength(950);
  expect(answers[999]).toEqual({ kind: 'unavailable', reason: 'too-many', retryAfterMs: 1000 });
});

it('waits for a slow network no longer than the timeout', async () => {
  const { guard, outcomes } = guardOf(() => new Promise<LookUp>(() => undefined));
  expect(await guard.lookUp(btid(1))).toMatchObject({ kind: 'unavailable', reason: 'timeout' });
  expect(outcomes).toEqual(['unavailable']);
});

describe('a network that fails', () => {
  const failTimes = async (guard: GuardedKeySource, times: number) => {
    for (let number = 0; number < times; number++) await guard.lookUp(btid(number));
  };

  it.each(['refused-connection', 'timeout', 'status-429', 'status-503'])(
    'with %s is left alone after five failures in a row',
    async (reason) => {
      const { guard, network } = guardOf(() => ({ ...DOWN, reason }));
      await failTimes(guard, 20);
      expect(network).toHaveBeenCalledTimes(5);
      expect(await guard.lookUp(btid(21))).toEqual({
        kind: 'unavailable',
        reason: 'breaker-open',
        retryAfterMs: 2000,
      });
    },
  );

  it('is asked one question after a pause, and all of them once that is answered', async () => {
    let answer: LookUp = DOWN;
    const { guard, network, clock } = guardOf(() => answer);
    await failTimes(guard, 5);
    clock.now += 2000;
    const [, other] = await Promise.all([guard.lookUp(btid(6)), guard.lookUp(btid(7))]);
    expect(other).toMatchObject({ reason: 'breaker-open', retryAfterMs: 1000 });
    expect(network).toHaveBeenCalledTimes(6);
    clock.now += 3999;
    await guard.lookUp(btid(8));
    expect(network).toHaveBeenCalledTimes(6);
    clock.now += 1;
    answer = FOUND;
    expect(await guard.lookUp(btid(9))).toBe(FOUND);
    expect(await guard.lookUp(btid(10))).toBe(FOUND);
  });

  it('is not thought down because the allowance is used up', async () => {
    let isLeft = true;
    const { guard, clock } = guardOf(() => DOWN, { allowance: { take: async () => isLeft } });
    await failTimes(guard, 5);
    clock.now += 2000;
    isLeft = false;
    expect(await guard.lookUp(btid(6))).toMatchObject({ reason: 'too-many' });
    isLeft = true;
    expect(await guard.lookUp(btid(7))).toMatchObject({ reason: 'refused-connection' });
  });

  it('is asked every minute at least', async () => {
    const { guard, network, clock } = guardOf(() => DOWN);
    await failTimes(guard, 5);
    for (let minute = 0; minute < 20; minute++) {
      clock.now += 60_000;
      await guard.lookUp(btid(100 + minute));
    }
    expect(network).toHaveBeenCalledTimes(25);
  });

  it('does not keep another one from being asked', async () => {
    const peerOf = (identifier: string) => (identifier === btid(100) ? 'up' : 'down');
    const { guard, network } = guardOf(() => DOWN, { peerOf });
    await failTimes(guard, 20);
    expect(network).toHaveBeenCalledTimes(5);
    await guard.lookUp(btid(100));
    expect(network).toHaveBeenCalledTimes(6);
  });

  it('is asked again after a pause even when its source breaks its contract', async () => {
    let answer = (): LookUp => {
      throw new Error('broken');
    };
    const { guard, clock } = guardOf(() => answer());
    for (let number = 0; number < 5; number++) await expect(guard.lookUp(btid(number))).rejects.toThrow();
    expect(await guard.lookUp(btid(5))).toMatchObject({ reason: 'breaker-open' });
    clock.now += 2000;
    await expect(guard.lookUp(btid(6))).rejects.toThrow('broken');
    clock.now += 4000;
    answer = () => FOUND;
    expect(await guard.lookUp(btid(7))).toBe(FOUND);
  });

  it.each<LookUp>([
    UNKNOWN,
    { kind: 'not-authorized' },
    ...['bad-answer-malformed', 'status-400', 'status-404', 'too-large', 'bad-redirect', 'retry-after'].map(
      (reason) => ({ kind: 'unavailable', reason, retryAfterMs: 1000 }) as const,
    ),
  ])('that answers at all, be it $kind $reason, is not down', async (answer) => {
    const { guard, network } = guardOf(() => answer);
    await failTimes(guard, 20);
    expect(network).toHaveBeenCalledTimes(20);
  });
});
