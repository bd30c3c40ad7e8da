import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { btidOf } from '../../lib/gba/btid.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { startUe, type Ue } from '../../lib/ue/ue.ts';
import { TestBmsc } from './bootstrapping/test-bmsc.ts';

const NAF = 'bmsc.home1.net';
const KEYS = mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(randomBytes(32)) });
const open: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function startServers(count: number) {
  const servers = await Promise.all(
    Array.from({ length: count }, () => TestBmsc.start(NAF, async () => KEYS.mrk)),
  );
  open.push(...servers);
  return servers;
}

async function ueOf(urls: readonly (URL | undefined)[]): Promise<Ue> {
  const [keyManagementUrl, ...otherServers] = urls.map((url) => url ?? new URL('http://127.0.0.1:1/k'));
  const btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
  const ue = await startUe({
    association: { btid, nafFqdn: NAF, ...KEYS },
    keyManagementUrl: keyManagementUrl ?? new URL('http://127.0.0.1:1/k'),
    otherServers,
    listen: { address: '127.0.0.1', port: 0 },
    randomOctets: (length) => randomBytes(length),
    onEvent: () => {},
  });
  open.push(ue);
  return ue;
}
const accepted = ({ requests }: TestBmsc) => requests.filter(({ isAccepted }) => isAccepted).length;

test('a UE keeps one server for all its requests', async () => {
  const [first, second] = await startServers(2);
  const ue = await ueOf([first?.url, second?.url]);
  for (let each = 0; each < 3; each++) await ue.register(['urn:example:news']);
  expect([first, second].map((server) => server && accepted(server))).toEqual([3, 0]);
});

test('another server is asked only when the first does not answer, and is kept then', async () => {
  const [first, second] = await startServers(2);
  const ue = await ueOf([first?.url, second?.url]);
  await ue.register(['urn:example:news']);
  await first?.close();
  open.splice(open.indexOf(first ?? ue), 1);
  for (let each = 0; each < 2; each++)
    expect(await ue.register(['urn:example:news'])).toMatchObject([{ responseCode: 200 }]);
  expect([first, second].map((server) => server && accepted(server))).toEqual([1, 2]);
});

test('when none answers the request fails, and the next one asks all again', async () => {
  const ue = await ueOf([undefined, undefined]);
  await expect(ue.register(['urn:example:news'])).rejects.toMatchObject({ code: 'no-answer' });
  await expect(ue.register(['urn:example:news'])).rejects.toMatchObject({ code: 'no-answer' });
});

test('a server that refuses is no reason to ask another', async () => {
  const [first, second] = await startServers(2);
  if (first !== undefined) first.findMrk = async () => undefined;
  const ue = await ueOf([first?.url, second?.url]);
  await expect(ue.register(['urn:example:news'])).rejects.toMatchObject({ code: 'not-authenticated' });
  expect(second?.requests).toEqual([]);
});
