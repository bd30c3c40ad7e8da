import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nafId } from '../../lib/gba/naf-id.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import {
  decodeMikeyMessage,
  encodeMskMessage,
  isVerificationMessageAuthentic,
  type MukAddressing,
} from '../../lib/mikey/index.ts';
import { seededRandom } from '../seeded-random.ts';
import { createForger } from './forger.ts';
import { GROUP } from './harness.ts';
import { type LossyRelay, startLossyRelay } from './lossy-relay.ts';
import { startUes, type Ues } from './ues.ts';

const NAF_FQDN = 'bmsc.home1.net';
const COUNT = 200;
const MSK = new SecretKey(randomBytes(16));

let ues: Ues;
let relay: LossyRelay;
let sender: Socket;
let answers: Uint8Array[];

beforeEach(async () => {
  ues = await startUes({ count: COUNT, seed: 1, nafFqdn: NAF_FQDN, bootstrappedAt: Date.now() });
  relay = await startLossyRelay(ues.addresses, seededRandom(1));
  answers = [];
  sender = createSocket('udp4');
  sender.on('message', (datagram) => answers.push(datagram));
  await new Promise<void>((resolve) => sender.bind(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  sender.close();
  await relay.close();
  await ues.close();
});

const addressing = (index: number, counter: number): MukAddressing => ({
  muk: ues.keysOf(index).muk,
  csbId: index * 100 + counter,
  rand: randomBytes(16),
  counter,
  bmscId: nafId(NAF_FQDN),
  ueId: Buffer.from(ues.keysOf(index).btid),
});
const send = (index: number, counter: number): MukAddressing => {
  const sent = addressing(index, counter);
  const to = relay.addresses[index % relay.addresses.length];
  const id = { keyGroup: 1, keyNumber: 1 };
  const validity = { seql: 0, sequ: 1 };
  const message = { ...sent, keyDomainId: GROUP.keyDomainId, mskId: id, msk: MSK, validity };
  sender.send(encodeMskMessage({ ...message, verificationRequested: true }), to?.port, to?.address);
  return sent;
};

test('the load answers each message with a verification message of its UE', async () => {
  const sent = Array.from({ length: COUNT }, (_, index) => send(index, 1));
  await expect.poll(() => answers.length).toBe(COUNT);
  const authentic = answers
    .map(decodeMikeyMessage)
    .filter((answer) => sent.some((each) => isVerificationMessageAuthentic(answer, each)));
  expect(authentic).toHaveLength(COUNT);
  for (let index = 0; index < COUNT; index++) {
    expect([...ues.heldBy(index)]).toEqual([
      ['00010001', expect.toSatisfy((held: SecretKey) => held.equals(MSK))],
    ]);
  }
});

test('the load distinguishes a message that comes twice from one that a later one has outrun', async () => {
  relay.setFaults({ loss: 0, repetition: 1, reordering: 0, lateMs: 0 });
  send(1, 5);
  await expect.poll(() => ues.recordOf(1).copies).toBe(1);
  relay.setFaults({ loss: 0, repetition: 0, reordering: 0, lateMs: 0 });
  send(1, 4);
  await expect.poll(() => ues.recordOf(1).outrun).toBe(1);
  expect(ues.recordOf(1)).toMatchObject({ copies: 1, outrun: 1, taken: new Map([['00010001', 1]]) });
});

test('the load loses, repeats and reorders about as much as it is configured to, each way', async () => {
  relay.setFaults({ loss: 0.2, repetition: 0.2, reordering: 0.2, lateMs: 20 });
  for (let counter = 1; counter <= 10; counter++) {
    for (let index = 0; index < COUNT; index++) send(index, counter);
    await expect.poll(() => relay.toUes.taken).toBe(counter * COUNT);
  }
  const { taken, lost, repeated, reordered } = relay.toUes;
  expect(taken).toBe(10 * COUNT);
  expect(lost / (taken + repeated)).toBeCloseTo(0.2, 1);
  expect(repeated / taken).toBeCloseTo(0.2, 1);
  expect(reordered / (taken + repeated - lost)).toBeCloseTo(0.2, 1);
  expect(relay.toSenders.lost / (relay.toSenders.taken + relay.toSenders.repeated)).toBeCloseTo(0.2, 1);
});

test('the load does not answer for UEs out of reach', async () => {
  ues.putOutOfReach((index) => index % 2 === 0);
  for (let index = 0; index < COUNT; index++) send(index, 1);
  await expect.poll(() => answers.length).toBe(COUNT / 2);
  expect(ues.heldBy(0).size).toBe(0);
  expect(ues.heldBy(1).size).toBe(1);
});

test('the load forges ten datagrams for each true one, and none of those sent before it is authentic', async () => {
  const { tap, counts } = createForger(10, seededRandom(1));
  const forged: Uint8Array[] = [];
  relay.tap((genuine, _send, when) => tap(genuine, (each) => when === 'before' && forged.push(each), when));
  const sent = send(1, 1);
  await expect.poll(() => counts.forged + counts.truncated + counts.replayed + counts.garbage).toBe(10);
  expect(forged).toHaveLength(5);
  const isAuthentic = (datagram: Uint8Array) => {
    try {
      return isVerificationMessageAuthentic(decodeMikeyMessage(datagram), sent);
    } catch {
      return false;
    }
  };
  expect(forged.some(isAuthentic)).toBe(false);
});
