import { type ChildProcess, fork } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LOCAL_CREDENTIALS } from '../../../cli/emulator/account.ts';
import { SENDER_VARIABLE } from '../../../functions/environment-variables.ts';
import { newEvent } from '../../../lib/events/envelope.ts';
import { parseKeyDomainId } from '../../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { putAssociation, setCurrentAssociation } from '../../../lib/store/association/put-association.ts';
import { putMsk } from '../../../lib/store/key-group/key-group.ts';
import { putSubscription } from '../../../lib/store/registration/subscriber.ts';
import { putUserService } from '../../../lib/store/registration/user-service.ts';
import { KeyRing } from '../../../lib/ue/key-ring.ts';
import { MikeyReceiver } from '../../../lib/ue/mikey-receiver.ts';
import type { BusEvent } from '../../../local/aws/event-bus.ts';
import { type Cloud, startCloud } from '../../faults/cloud.ts';
import { freePorts } from '../../free-ports.ts';
import { putRegistrations } from '../../granted-request.ts';
import { newKeys } from '../../provisioned-ue.ts';

const MAIN = join(import.meta.dirname, '../../../functions/key-distribution/main.ts');
const SERVICE = 'urn:example:news';
const KEY_GROUP = { keyDomainId: parseKeyDomainId('00f110'), keyGroup: 1 };
const UE = newKeys(undefined, Date.now());

let cloud: Cloud;
let healthPort: number;
let socket: Socket;
let ue: MikeyReceiver;
let datagrams: { octets: Uint8Array; port: number }[];
const facts: BusEvent[] = [];
const processes: ChildProcess[] = [];

beforeAll(async () => {
  [cloud, healthPort] = await Promise.all([
    startCloud(2, { edge: { type: 'none' } }),
    freePorts().then(({ http }) => http),
  ]);
  cloud.onEvent((event) => void facts.push(event));
  socket = createSocket('udp4', (octets, { port }) => void datagrams.push({ octets, port })).bind(
    0,
    '127.0.0.1',
  );
  await once(socket, 'listening');
  const { store } = cloud;
  await putUserService(store, { serviceId: SERVICE, keyGroups: [KEY_GROUP] });
  await putMsk(store, KEY_GROUP, {
    keyNumber: 1,
    msk: new SecretKey(Buffer.alloc(16, 5)),
    validity: FULL_VALIDITY,
  });
  await putSubscription(store, UE.impi, SERVICE);
  await putRegistrations(store, UE, [SERVICE]);
  await putAssociation(store, UE, { address: '127.0.0.1', port: socket.address().port });
  await setCurrentAssociation(store, UE);
});
beforeEach(() => {
  datagrams = [];
  facts.length = 0;
  ue = new MikeyReceiver(new KeyRing());
  ue.use({
    btid: UE.btid,
    nafFqdn: cloud.environment[SENDER_VARIABLE.nafFqdn] ?? '',
    muk: UE.muk,
    mrk: UE.mrk,
  });
});
afterEach(() => {
  for (const child of processes.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  socket?.close();
  await cloud?.close();
});

/** The container's own entry point. */
function run(change: Readonly<Record<string, string | undefined>> = {}, args: readonly string[] = []) {
  const child = fork(MAIN, args, {
    env: {
      ...cloud.environment,
      AWS_ENDPOINT_URL: cloud.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
      [SENDER_VARIABLE.queueUrl]: cloud.queueUrl,
      [SENDER_VARIABLE.udpAddresses]: '127.0.0.1',
      [SENDER_VARIABLE.udpPort]: '0',
      [SENDER_VARIABLE.healthPort]: String(healthPort),
      [SENDER_VARIABLE.retransmissionFirstSeconds]: '30',
      [SENDER_VARIABLE.visibilityTimeoutSeconds]: '2',
      ...change,
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  processes.push(child);
  const errors = child.stderr === null ? Promise.resolve('') : text(child.stderr);
  return { child, errors, ended: once(child, 'exit').then(([code]): number | null => code) };
}

async function startSender(change: Readonly<Record<string, string>> = {}) {
  const sender = run(change);
  await once(sender.child, 'message');
  return sender;
}

/** The event that a granted MSK request puts on the bus, as the queue has it. */
async function grant(): Promise<void> {
  const { metadata, data } = newEvent(
    'MSK Request Granted',
    { impi: UE.impi, bTid: UE.btid, msks: [{ keyDomainId: '00f110', mskId: '00010001' }] },
    { eventId: 'e', now: Date.now() },
  );
  const event = {
    source: 'bmsc.keymanagement',
    'detail-type': 'MSK Request Granted',
    detail: { metadata, data },
  };
  await cloud.sqs.send(
    new SendMessageCommand({ QueueUrl: cloud.queueUrl, MessageBody: JSON.stringify(event) }),
  );
}

async function waiting(): Promise<number> {
  const { Attributes = {} } = await cloud.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: cloud.queueUrl, AttributeNames: ['All'] }),
  );
  return (
    Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible)
  );
}

/** Answers the first datagram with its verification message. */
function verify(): void {
  const [first] = datagrams;
  const received = first && ue.receive(first.octets);
  if (received?.kind !== 'msk' || received.verification === undefined) throw new Error('no MSK message came');
  socket.send(received.verification, first?.port, '127.0.0.1');
}

const soon = { timeout: 20_000, interval: 20 };
const published = () => facts.map((fact) => fact['detail-type']);

describe('a sender that stops', () => {
  test('takes no more work, waits for the verification message that is due, publishes it and ends with 0', async () => {
    const sender = await startSender();
    await grant();
    await expect.poll(() => datagrams.length, soon).toBe(1);
    sender.child.kill('SIGTERM');
    // A second signal, as an impatient operator sends it, changes nothing.
    sender.child.kill('SIGTERM');
    await delay(300);
    await grant();
    await delay(700);
    expect(sender.child.exitCode).toBe(null);
    expect(datagrams).toHaveLength(1);
    verify();
    expect(await sender.ended).toBe(0);
    expect(published()).toEqual(['MSK Delivered']);
    expect(facts[0]?.detail.data).toMatchObject({ mskId: '00010001', ues: [UE.impi] });

    const next = await startSender({ [SENDER_VARIABLE.verification]: 'false' });
    await expect.poll(() => datagrams.length, soon).toBe(2);
    await expect.poll(waiting, soon).toBe(0);
    next.child.kill('SIGTERM');
    expect(await next.ended).toBe(0);
  });

  test('gives up a UE that does not answer, publishes why, and ends with 0', async () => {
    const sender = await startSender({
      [SENDER_VARIABLE.retransmissionTries]: '1',
      [SENDER_VARIABLE.retransmissionFirstSeconds]: '1',
    });
    await grant();
    await expect.poll(() => datagrams.length, soon).toBe(1);
    sender.child.kill('SIGINT');
    expect(await sender.ended).toBe(0);
    expect(published()).toEqual(['MSK Delivery Failed']);
    expect(facts[0]?.detail.data).toMatchObject({
      mskId: '00010001',
      ues: [{ impi: UE.impi, reason: 'not-verified' }],
    });
    expect(await waiting()).toBe(0);
  });

  test('returns work to the queue that is not done within the drain time, for another sender', async () => {
    const sender = await startSender({ [SENDER_VARIABLE.drainSeconds]: '0.2' });
    await grant();
    await expect.poll(() => datagrams.length, soon).toBe(1);
    sender.child.kill('SIGTERM');
    expect(await sender.ended).toBe(0);
    expect(published()).toEqual([]);

    const next = await startSender();
    await expect.poll(() => datagrams.length, soon).toBe(2);
    datagrams.shift();
    verify();
    await expect.poll(published, soon).toEqual(['MSK Delivered']);
    await expect.poll(waiting, soon).toBe(0);
    next.child.kill('SIGTERM');
    expect(await next.ended).toBe(0);
  });
});

test('the health check of the container is good while a sender runs, and only then', async () => {
  expect(await run({}, ['--health']).ended).toBe(1);
  const sender = await startSender();
  expect(await run({}, ['--health']).ended).toBe(0);
  sender.child.kill('SIGTERM');
  expect(await sender.ended).toBe(0);
  expect(await run({}, ['--health']).ended).toBe(1);
});

test('a sender with a wrong environment ends at once and names the variable', async () => {
  const { ended, errors } = run({ [SENDER_VARIABLE.queueUrl]: undefined });
  expect(await ended).toBe(1);
  expect(await errors).toContain(`${SENDER_VARIABLE.queueUrl} is missing`);
});

test('a sender that may not use the key of the table ends at once, so that its deployment is rolled back', async () => {
  const { ended, errors } = run({
    [SENDER_VARIABLE.keyArn]: 'arn:aws:kms:us-east-1:000000000000:key/another',
  });
  expect(await ended).toBe(1);
  expect(await errors).toContain('data-key-unavailable');
});
