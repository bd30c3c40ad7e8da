import { createCipheriv, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DetailType, EventInput } from '../../lib/events/contracts.ts';
import { newEvent, type OutgoingEvent, parseEvent } from '../../lib/events/envelope.ts';
import { parseBtid } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import type { ProvisioningContext } from '../../lib/provisioning/context.ts';
import { ProvisioningRefused } from '../../lib/provisioning/errors.ts';
import { handleProvisioningEvent, refuseProvisioning } from '../../lib/provisioning/provision.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { loadSubscribers } from '../../lib/store/registration/subscriber.ts';
import { startTable, type TestTable } from '../store/table.ts';

const NOW = Date.UTC(2026, 10, 23, 18);
const serviceId = 'urn:example:news';

let table: TestTable;
let context: ProvisioningContext;
let published: OutgoingEvent[];
/** What KMS has wrapped: the plaintext and the encryption context, by the ciphertext. */
const wrapped = new Map<string, { plaintext: Uint8Array; bTid: string; impi: string }>();
let subscribers = 0;
let impi: string;
let bTid: string;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table?.close());
beforeEach(() => {
  subscribers += 1;
  impi = `s${subscribers}@home1.net`;
  bTid = `${randomBytes(16).toString('base64')}@bsf.home1.net`;
  published = [];
  context = {
    store: table,
    publish: async (events) => void published.push(...events),
    unwrap: async (ciphertext, of) => {
      const found = wrapped.get(Buffer.from(ciphertext).toString('base64'));
      if (found === undefined || found.bTid !== of.bTid || found.impi !== of.impi)
        throw new ProvisioningRefused('wrong-wrapping', 'the wrapped key does not open');
      return Uint8Array.from(found.plaintext);
    },
    now: () => NOW,
    randomOctets: (length) => randomBytes(length),
  };
});

/** Wraps key material for an association, each time to other octets. */
function wrap(plaintext: Uint8Array, of: { bTid: string; impi: string }): string {
  const cipher = createCipheriv('aes-256-ctr', randomBytes(32), randomBytes(16));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]).toString('base64');
  wrapped.set(ciphertext, { plaintext, ...of });
  return ciphertext;
}

/** An event on its way to the function: handled, or refused. */
async function handle<T extends DetailType>(
  detailType: T,
  data: EventInput<T>,
  idempotencyKey: string,
  more: object = {},
) {
  const about = { eventId: randomBytes(8).toString('hex'), now: NOW, correlationId: 'c', idempotencyKey };
  const { metadata } = newEvent<DetailType>(detailType, data, about);
  const event = {
    source: 'bmsc.keymanagement',
    'detail-type': detailType,
    detail: { metadata, data },
    ...more,
  };
  const text = JSON.stringify(event);
  try {
    return await handleProvisioningEvent(context, parseEvent(text));
  } catch (error) {
    return refuseProvisioning(context, text, error);
  }
}

const association = (more: Partial<EventInput<'Provision Association'>> = {}) => ({
  impi,
  bTid,
  gbaType: 'GBA_ME' as const,
  wrappedKey: wrap(new Uint8Array(32).fill(7), { bTid, impi }),
  bootstrappedAt: new Date(NOW - 60_000).toISOString(),
  expiresAt: new Date(NOW + 3_600_000).toISOString(),
  ...more,
});
const facts = () => published.map(({ detailType, data }) => [detailType, data]);
const subscribed = async () => [
  ...((await loadSubscribers(table, [parseImpi(impi)])).get(parseImpi(impi))?.subscribed ?? []),
];
const stored = () => loadAssociation(table, parseBtid(bTid));

describe('a subscription', () => {
  test('is provisioned and withdrawn, and facts answer', async () => {
    expect(await handle('Provision Subscription', { impi, serviceId }, 'p1')).toEqual({
      result: 'provisioned',
    });
    expect(await subscribed()).toEqual([serviceId]);
    expect(await handle('Withdraw Subscription', { impi, serviceId }, 'w1')).toEqual({ result: 'withdrawn' });
    expect(await subscribed()).toEqual([]);
    expect(facts()).toEqual([
      ['Subscription Provisioned', { impi, serviceId }],
      ['Subscription Withdrawn', { impi, serviceId }],
    ]);
    expect(published[0]?.metadata).toMatchObject({ correlationId: 'c', idempotencyKey: 'p1/provisioned' });
  });

  test('that was withdrawn does not come back by a late repetition, which is answered all the same', async () => {
    await handle('Provision Subscription', { impi, serviceId }, 'p2');
    await handle('Withdraw Subscription', { impi, serviceId }, 'w2');
    expect(await handle('Provision Subscription', { impi, serviceId }, 'p2')).toEqual({ result: 'repeated' });
    expect(await subscribed()).toEqual([]);
    expect(published.map(({ metadata }) => metadata.idempotencyKey)).toEqual([
      'p2/provisioned',
      'w2/withdrawn',
      'p2/provisioned',
    ]);
  });

  test('is carried out when it comes again after a failure, and answered once the bus is back', async () => {
    const { publish } = context;
    context = { ...context, publish: () => Promise.reject(new Error('the bus is away')) };
    await expect(handle('Provision Subscription', { impi, serviceId }, 'p3')).rejects.toThrow(
      'the bus is away',
    );
    context = { ...context, publish };
    await handle('Provision Subscription', { impi, serviceId }, 'p3');
    expect(facts()).toEqual([['Subscription Provisioned', { impi, serviceId }]]);
  });

  test('under the key of another request is refused, and changes nothing', async () => {
    await handle('Provision Subscription', { impi, serviceId }, 'p4');
    const other = { impi, serviceId: 'urn:example:sports' };
    expect(await handle('Provision Subscription', other, 'p4')).toMatchObject({
      reason: 'idempotency-key-reused',
    });
    expect(await subscribed()).toEqual([serviceId]);
    expect(facts()[1]).toMatchObject(['Provisioning Refused', { request: 'Provision Subscription' }]);
  });

  test('that an archive replays, or that is none, changes nothing', async () => {
    const replay = { 'replay-name': 'again' };
    expect(await handle('Provision Subscription', { impi, serviceId }, 'p5', replay)).toEqual({
      result: 'replayed',
    });
    const nobody = { impi: 'nobody', serviceId };
    expect(await handle('Provision Subscription', nobody, 'p6')).toMatchObject({ reason: 'bad-data' });
    const foreign = { source: 'somebody' };
    expect(await handle('Provision Subscription', { impi, serviceId }, 'p7', foreign)).toMatchObject({
      reason: 'foreign-source',
    });
    expect(await handle('MSK Rotated', { keyDomainId: '00f110', mskId: '00100001' }, 'p8')).toEqual({
      result: 'not-concerned',
    });
    expect(await subscribed()).toEqual([]);
  });
});

describe('an association', () => {
  test('has the keys that follow from the wrapped one, and no event has a key', async () => {
    expect(await handle('Provision Association', association(), 'a1')).toEqual({ result: 'provisioned' });
    const { muk, mrk } = mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(new Uint8Array(32).fill(7)) });
    const found = await stored();
    expect(found?.impi).toBe(impi);
    expect(found?.bootstrappedAt).toBe(NOW - 60_000);
    expect(found?.muk.open().equals(muk) && found?.mrk.open().equals(mrk)).toBe(true);
    expect(facts()).toEqual([
      ['Association Provisioned', { impi, bTid, expiresAt: '2026-11-23T19:00:00.000Z' }],
    ]);
  });

  test('of GBA_U has its MUK from the second half', async () => {
    const octets = Uint8Array.from([...new Uint8Array(32).fill(1), ...new Uint8Array(32).fill(2)]);
    const data = association({ gbaType: 'GBA_U', wrappedKey: wrap(octets, { bTid, impi }) });
    await handle('Provision Association', data, 'a2');
    expect((await stored())?.muk.open().equals(new SecretKey(new Uint8Array(32).fill(2)))).toBe(true);
  });

  test('that is wrapped anew under the same key is the same request', async () => {
    await handle('Provision Association', association(), 'a3');
    expect(await handle('Provision Association', association(), 'a3')).toEqual({ result: 'repeated' });
  });

  test.each<[string, string, () => Partial<EventInput<'Provision Association'>>]>([
    [
      'is wrapped for another subscriber',
      'wrong-wrapping',
      () => ({ wrappedKey: wrap(new Uint8Array(32), { bTid, impi: 'x@y' }) }),
    ],
    ['is in plain', 'wrong-wrapping', () => ({ wrappedKey: Buffer.alloc(32).toString('base64') })],
    [
      'has a key that is too short',
      'wrong-key-length',
      () => ({ wrappedKey: wrap(new Uint8Array(16), { bTid, impi }) }),
    ],
    ['has the key of another type', 'wrong-key-length', () => ({ gbaType: 'GBA_U' })],
    ['has expired', 'expired', () => ({ expiresAt: new Date(NOW).toISOString() })],
    ['begins after its end', 'expired', () => ({ bootstrappedAt: new Date(NOW + 7_200_000).toISOString() })],
    [
      'begins in the future',
      'bootstrapped-ahead',
      () => ({ bootstrappedAt: new Date(NOW + 600_000).toISOString() }),
    ],
    ['has a time that is none', 'bad-data', () => ({ expiresAt: 'tomorrow' })],
    ['has no Base64', 'bad-data', () => ({ wrappedKey: '*' })],
  ])('that %s is refused as %s', async (_, reason, change) => {
    expect(await handle('Provision Association', association(change()), `r${subscribers}`)).toMatchObject({
      result: 'refused',
      reason,
    });
    expect(await stored()).toBeUndefined();
    expect(facts()).toMatchObject([['Provisioning Refused', { reason, request: 'Provision Association' }]]);
  });

  test('of another subscriber is taken from it only where the request says so', async () => {
    await handle('Provision Association', association(), 'a4');
    impi = 'thief@home1.net';
    expect(await handle('Provision Association', association(), 'a5')).toMatchObject({
      reason: 'b-tid-of-another',
    });
    expect(await handle('Provision Association', association({ replace: true }), 'a6')).toEqual({
      result: 'provisioned',
    });
    expect((await stored())?.impi).toBe(impi);
  });
});
