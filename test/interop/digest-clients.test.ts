import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ClientDigestAuth } from '@mreal/digest-auth';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBmsc } from '../../cli/stack.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { digestPasswordOf } from '../../lib/gba/mbms-keys.ts';
import { encodeMskRequest } from '../../lib/key-management/payload/msk-request.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { decodeMikeyMessage, openMskMessage } from '../../lib/mikey/index.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';
import { describeWith } from '../peers.ts';
import { newKeys } from '../provisioned-ue.ts';
import { classPathOf, HTTP_CLIENTS } from './http-clients.ts';

const run = promisify(execFile);

const domain = parseKeyDomainId('00f110');
const service = 'urn:example:interop';
const msk = new SecretKey(randomBytes(16));
let system: LocalSystem;
let socket: Socket;
const datagrams: Uint8Array[] = [];

/** A subscriber of its own for each client, and its two requests: register, then ask for the current MSK. */
async function subscribe(name: string) {
  const { stackName: stack, endpointUrl } = system;
  const { store } = await findBmsc({ stack, endpointUrl, local: true });
  const impi = parseImpi(`${name}@home1.net`);
  const keys = newKeys(impi, Date.now());
  await putUserService(store, { serviceId: service, keyGroups: [{ keyDomainId: domain, keyGroup: 7 }] });
  await putMsk(store, { keyDomainId: domain, keyGroup: 7 }, { keyNumber: 1, msk, validity: FULL_VALIDITY });
  await putSubscription(store, impi, service);
  await putAssociation(store, keys);
  const target = (type: string) =>
    `${system.keyManagementUrl}?requesttype=${type}&mikey-port=${socket.address().port}`;
  const requests = [
    {
      url: target('register'),
      type: 'application/mbms-register+xml',
      body: encodeRegisterRequest([service]),
    },
    {
      url: target('msk-request'),
      type: 'application/mbms-msk+xml',
      body: encodeMskRequest([{ keyDomainId: domain, mskId: { keyGroup: 7, keyNumber: 0 } }]),
    },
  ];
  return { btid: keys.btid, muk: keys.muk, password: digestPasswordOf(keys.mrk), requests };
}

/** The MSKs that came for a B-TID: one after registration, one that was asked for. */
async function mskMessagesFor(btid: string, count: number) {
  const deadline = Date.now() + 5000;
  const own = () =>
    datagrams.map(decodeMikeyMessage).filter(({ idr }) => Buffer.from(idr?.data ?? []).toString() === btid);
  while (own().length < count && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return own();
}

beforeAll(async () => {
  system = await startTestSystem();
  socket = createSocket('udp4');
  socket.on('message', (datagram) => datagrams.push(datagram));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  socket?.close();
  await system?.close();
});

for (const name of ['HttpClient4', 'HttpClient5'] as const)
  describeWith(HTTP_CLIENTS[name], `Apache ${name}, through the running system`, () => {
    test('registers, asks and is sent its MSK', async () => {
      const { btid, muk, password, requests } = await subscribe(name.toLowerCase());
      const source = join(import.meta.dirname, `${name}.java`);
      const asked = requests.flatMap(({ url, type, body }) => [url, type, body]);
      const classPath = classPathOf(name) ?? '';
      const { stdout } = await run('java', ['-cp', classPath, source, btid, password, ...asked]);
      expect(stdout.trim().split('\n')).toEqual(['200', '200']);
      const messages = await mskMessagesFor(btid, 2);
      expect(messages).toHaveLength(2);
      for (const message of messages) expect(openMskMessage(message, muk).msk.equals(msk)).toBe(true);
    });
  });

test('@mreal/digest-auth registers, asks and is sent its MSK', async () => {
  const { btid, muk, password, requests } = await subscribe('mreal');
  for (const { url, type, body } of requests) {
    const post = (authorization?: string) =>
      fetch(url, {
        method: 'POST',
        body,
        headers: { 'content-type': type, ...(authorization === undefined ? {} : { authorization }) },
      });
    const challenge = ClientDigestAuth.analyze((await post()).headers.get('www-authenticate') ?? '');
    const { pathname, search } = new URL(url);
    const payload = { method: 'POST', uri: pathname + search, counter: 1, entryBody: body };
    const { raw } = ClientDigestAuth.generateProtectionAuthInt(challenge, btid, password, payload);
    expect((await post(raw)).status).toBe(200);
  }
  const messages = await mskMessagesFor(btid, 2);
  expect(messages).toHaveLength(2);
  for (const message of messages) expect(openMskMessage(message, muk).msk.equals(msk)).toBe(true);
});
