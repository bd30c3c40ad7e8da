import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { KeyRequestContext } from '../../lib/key-management/context.ts';
import { NonceSecrets } from '../../lib/key-management/nonce-secrets.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import type { SecretVersions } from '../../lib/key-management/rotating-secret.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { withResolvers } from '../../lib/with-resolvers.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { createBmsc, freshNonce, NOW, provision, type RequestOptions, SERVICE, send } from './bmsc.ts';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
  await provision(table);
});
afterAll(() => table.close());

const secretOf = (fill: number) => new SecretKey(Buffer.alloc(32, fill));
const REGISTER: RequestOptions = {
  requestType: 'register',
  contentType: 'application/mbms-register+xml',
  body: encodeRegisterRequest([SERVICE]),
};

/** What Secrets Manager holds, how often it was asked, and what was reported of it. */
let stored: SecretVersions;
let reads: number;
let isFailing: boolean;
let failures: unknown[];
let now: number;

beforeEach(() => {
  stored = { current: secretOf(1), previous: undefined };
  reads = 0;
  isFailing = false;
  failures = [];
  now = NOW;
});

/** A new version, whose predecessor stays readable as AWSPREVIOUS. */
function rotate(fill: number): void {
  stored = { current: secretOf(fill), previous: stored.current };
}

/** An instance of the function that has just read the secrets. */
function startInstance(): KeyRequestContext {
  const read = async () => {
    reads++;
    if (isFailing) throw new Error('Secrets Manager is down');
    return stored;
  };
  const source = { read, onFailedRead: (error: unknown) => void failures.push(error) };
  return {
    ...createBmsc(table).context,
    now: () => ++now,
    nonceSecrets: new NonceSecrets(source, stored, now),
  };
}

const reasonAt = async (context: KeyRequestContext, nonce: string, nc = 1) =>
  (await send(context, { ...REGISTER, nonce, nc })).outcome.reason;

describe('while the nonce secret rotates, instances with the old and with the new one', () => {
  test('accept each other’s nonces', async () => {
    const old = startInstance();
    now += 60_000;
    rotate(2);
    const young = startInstance();
    const ofOld = await freshNonce(old);
    const ofYoung = await freshNonce(young);
    expect([await reasonAt(young, ofOld), await reasonAt(old, ofYoung)]).toEqual(['ok', 'ok']);
    expect([await reasonAt(old, ofOld, 2), await reasonAt(young, ofYoung, 2)]).toEqual(['ok', 'ok']);
  });

  test('make all new nonces under the new one, once the old instance has met one of them', async () => {
    const old = startInstance();
    now += 60_000;
    rotate(2);
    await reasonAt(old, await freshNonce(startInstance()));
    stored = { current: stored.current, previous: undefined };
    expect(await reasonAt(startInstance(), await freshNonce(old))).toBe('ok');
  });

  test('agree after five minutes without having met', async () => {
    const old = startInstance();
    rotate(2);
    now += 300_000;
    const nonce = await freshNonce(old);
    stored = { current: stored.current, previous: undefined };
    expect(await reasonAt(startInstance(), nonce)).toBe('ok');
    expect(reads).toBe(1);
  });
});

describe('the secrets', () => {
  test('are read once in ten seconds at most, however many nonces of nobody’s come', async () => {
    const instance = startInstance();
    now += 60_000;
    for (let count = 0; count < 20; count++) expect(await reasonAt(instance, 'AAAA')).toBe('nonce-foreign');
    expect(reads).toBe(1);
    now += 10_000;
    await Promise.all(Array.from({ length: 20 }, () => reasonAt(instance, 'AAAA')));
    expect(reads).toBe(2);
  });

  test('are not read again for a nonce of this BM-SC, however long ago they were read', async () => {
    const instance = startInstance();
    const nonce = await freshNonce(instance);
    now += 290_000;
    expect(await reasonAt(instance, nonce)).toBe('ok');
    expect(reads).toBe(0);
  });

  test('are read again when five minutes are over, and for a foreign nonce when ten seconds are', async () => {
    const { nonceSecrets } = startInstance();
    await nonceSecrets.refresh(NOW + 299_999);
    expect(reads).toBe(0);
    await nonceSecrets.refresh(NOW + 300_000);
    expect(reads).toBe(1);
    const checkAt = (time: number) => nonceSecrets.check('AAAA', { now: time, lifetimeMs: 300_000 });
    expect(await checkAt(NOW + 309_999)).toMatchObject({ kind: 'foreign' });
    expect(reads).toBe(1);
    expect(await checkAt(NOW + 310_000)).toMatchObject({ kind: 'foreign' });
    expect(reads).toBe(2);
  });

  test('are read again when the clock was set back by five minutes', async () => {
    const { nonceSecrets } = startInstance();
    await nonceSecrets.refresh(NOW - 299_999);
    expect(reads).toBe(0);
    await nonceSecrets.refresh(NOW - 300_000);
    expect(reads).toBe(1);
  });

  test('are read once for all who wait, however long the reading takes', async () => {
    const reading = withResolvers<SecretVersions>();
    const read = () => {
      reads++;
      return reading.promise;
    };
    const secrets = new NonceSecrets({ read, onFailedRead: () => {} }, stored, NOW);
    const checks = [10_000, 20_000, 30_000].map((ms) =>
      secrets.check('AAAA', { now: NOW + ms, lifetimeMs: 300_000 }),
    );
    expect(reads).toBe(1);
    reading.resolve({ current: secretOf(2), previous: undefined });
    await Promise.all(checks);
    expect([reads, secrets.current.equals(secretOf(2))]).toEqual([1, true]);
  });

  test('of two changes ago are foreign', async () => {
    const nonce = await freshNonce(startInstance());
    rotate(2);
    rotate(3);
    expect(await reasonAt(startInstance(), nonce)).toBe('nonce-foreign');
  });

  test('that can’t be read again stay in use, and the failure is reported', async () => {
    const instance = startInstance();
    const nonce = await freshNonce(instance);
    isFailing = true;
    now += 290_000;
    expect(await reasonAt(instance, 'AAAA')).toBe('nonce-foreign');
    expect(await reasonAt(instance, nonce)).toBe('ok');
    expect(failures).toHaveLength(1);
    rotate(2);
    isFailing = false;
    now += 10_000;
    expect(await reasonAt(instance, await freshNonce(startInstance()))).toBe('ok');
  });
});

describe('a nonce that cannot be accepted', () => {
  /** Items that the store was asked for. */
  let asked: number;
  beforeAll(() => {
    table.dynamodb.middlewareStack.add(
      (next) => (args) => {
        const { RequestItems = {} } = args.input as { RequestItems?: Record<string, { Keys: unknown[] }> };
        for (const { Keys } of Object.values(RequestItems)) asked += Keys.length;
        return next(args);
      },
      { step: 'initialize' },
    );
  });
  beforeEach(() => {
    asked = 0;
  });

  const ids = Array.from({ length: 64 }, (_, index) => `urn:example:${index}`);
  const LARGE = { ...REGISTER, body: encodeRegisterRequest(ids) };

  test.each<[string, Partial<RequestOptions>]>([
    ['of an unknown B-TID', { username: 'nobody@bsf.home1.net' }],
    ['of a known one with a wrong password', { password: 'wrong' }],
    ['of a known one with the right password', {}],
    ['of a known one with a payload that is none', { body: '*' }],
  ])('costs the read of one item, %s', async (_, options) => {
    const instance = startInstance();
    for (const nonce of ['AAAA', await freshNonce({ ...instance, now: () => now - 400_000 })]) {
      asked = 0;
      const { response } = await send(instance, { ...LARGE, nonce, ...options });
      expect([response.status, asked]).toEqual([401, 1]);
    }
  });

  test('of this BM-SC costs the read of all that the request names', async () => {
    const instance = startInstance();
    await send(instance, { ...LARGE, nonce: await freshNonce(instance) });
    expect(asked).toBe(65);
  });
});
