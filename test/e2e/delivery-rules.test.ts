import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Impi } from '../../lib/gba/impi.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { loadSubscribers } from '../../lib/store/registration/subscriber.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import { bootstrap, type LocalBmsc, SERVICE, startLocalBmsc, startTestUe } from './local-bmsc.ts';

const keyDomainId = parseKeyDomainId('00f110');
const ref = { keyDomainId, keyGroup: 0x0010 };

/** The lifetime of keys that expire in a test: the UE registers before. */
const LIFETIME_MS = 3000;

/** The sender follows the service's clock, which it observes in whole seconds. */
const SKEW_MS = 2000;

let local: LocalBmsc;

beforeAll(async () => {
  local = await startLocalBmsc();
  await putUserService(local.store, { serviceId: SERVICE, keyGroups: [ref] });
  const msk = new SecretKey(randomBytes(16));
  await putMsk(local.store, ref, { keyNumber: 1, msk, validity: FULL_VALIDITY });
});
afterAll(() => local?.system.close());

/** Events that name this subscriber, as text. */
const eventsAbout = (detailType: string, impi: string) =>
  local
    .dataOf(detailType)
    .map((data) => JSON.stringify(data))
    .filter((text) => text.includes(impi));
const push = (impi: string) =>
  local.publish('Push MSK', { keyDomainId, mskId: '00100001', target: { ues: [impi] } });
const solicit = (impi: string) =>
  local.publish('Solicit MSK Pull', { keyDomainId, keyGroup: '0010', target: { ues: [impi] } });

// @clause RFC 4563 §6 s1
test('beyond the key lifetime nothing is pushed, a pull is solicited once, and a new association takes over', async () => {
  const { impi, ue, ueEvents, received } = await startTestUe(local, LIFETIME_MS);
  try {
    const old = (await bootstrapped(impi)).btid;
    await ue.register([SERVICE]);
    await expect.poll(received).toEqual(['msk']);
    await expect
      .poll(async () => Date.now() > (await bootstrapped(impi)).expiresAt + SKEW_MS, { timeout: 10_000 })
      .toBe(true);

    await push(impi);
    await expect
      .poll(() => eventsAbout('MSK Delivery Failed', impi).join(), { timeout: 10_000 })
      .toContain('expired-association');
    expect(received()).toEqual(['msk']);

    // The UE bootstraps anew; the BM-SC has had no request under the new association.
    ue.use(await bootstrap(local, impi));
    await solicit(impi);
    await expect.poll(received, { timeout: 10_000 }).toEqual(['msk', 'solicited-pull', 'msk']);
    await expect.poll(() => ueEvents.filter(({ kind }) => kind === 'pull-answered')).toHaveLength(1);

    // Its request has made the new association the current one: pushes use it from now on.
    await push(impi);
    await expect.poll(received, { timeout: 10_000 }).toEqual(['msk', 'solicited-pull', 'msk', 'msk']);
    expect((await loadAssociation(local.store, old))?.lastPullId).toBeTypeOf('string');
  } finally {
    await ue.close();
  }
});

test('a UE that does not answer is not solicited again under a MUK that has expired', async () => {
  const { impi, ue, received } = await startTestUe(local, LIFETIME_MS);
  try {
    await ue.register([SERVICE]);
    await expect.poll(received).toEqual(['msk']);
    await expect
      .poll(async () => Date.now() > (await bootstrapped(impi)).expiresAt + SKEW_MS, { timeout: 10_000 })
      .toBe(true);
    await solicit(impi);
    await expect.poll(received, { timeout: 10_000 }).toEqual(['msk', 'solicited-pull']);
    await solicit(impi);
    await expect
      .poll(() => eventsAbout('MSK Delivery Failed', impi).join(), { timeout: 10_000 })
      .toContain('pull-already-solicited');
    expect(received()).toEqual(['msk', 'solicited-pull']);
  } finally {
    await ue.close();
  }
});

test('the address that a verification message comes from moves nothing', async () => {
  const { impi, ue, ueEvents } = await startTestUe(local);
  const elsewhere = createSocket('udp4').bind(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  const strays: Buffer[] = [];
  elsewhere.on('message', (message) => void strays.push(message));
  const msks = () =>
    ueEvents.flatMap((event) => (event.kind === 'received' && event.message.kind === 'msk' ? [event] : []));
  try {
    await ue.register([SERVICE]);
    await expect.poll(() => msks().length).toBe(1);
    const [first] = msks();
    if (first?.message.kind !== 'msk') throw new Error('the UE was sent its MSK');
    // From another address: the UE's own verification message, which is authentic, and random octets.
    await sendFrom(elsewhere, first.message.verification ?? new Uint8Array(), local.system.udpPort);
    await sendFrom(elsewhere, randomBytes(80), local.system.udpPort);
    await push(impi);
    await expect.poll(() => msks().length).toBe(2);
    await expect.poll(() => eventsAbout('MSK Delivered', impi).length, { timeout: 10_000 }).toBe(2);
    expect(strays).toEqual([]);
    const { address, port } = ue.address;
    expect((await bootstrapped(impi)).ueAddress).toEqual({ address, port });
  } finally {
    elsewhere.close();
    await ue.close();
  }
});

/** The association that pushes use, or the only one there is. */
async function bootstrapped(impi: Impi) {
  const subscriber = (await loadSubscribers(local.store, [impi])).get(impi);
  const btid = subscriber?.currentBtid ?? [...(subscriber?.associations ?? [])][0];
  const association = btid && (await loadAssociation(local.store, btid));
  if (association === undefined) throw new Error(`${impi} has not bootstrapped`);
  return association;
}

function sendFrom(socket: Socket, octets: Uint8Array, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(octets, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)));
  });
}
