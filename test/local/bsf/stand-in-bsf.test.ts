import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { autsOf } from '../../../lib/gba/aka.ts';
import { kAfOf, kAkmaOf } from '../../../lib/gba/akma.ts';
import type { Btid } from '../../../lib/gba/btid.ts';
import { parseImpi } from '../../../lib/gba/impi.ts';
import { mukAndMrkOf, type NafKeys } from '../../../lib/gba/mbms-keys.ts';
import { nafId } from '../../../lib/gba/naf-id.ts';
import {
  type AkaChallenge,
  authorizeAka,
  formatAkaAuthorization,
  formatAkaIdentity,
  parseAkaChallenge,
} from '../../../lib/http-digest/index.ts';
import { NaanfKeySource } from '../../../lib/key-source/naanf-key-source.ts';
import { NbspKeySource } from '../../../lib/key-source/nbsp-key-source.ts';
import { SbiClient } from '../../../lib/key-source/sbi/client.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { akmaAssociationOf, associationOf, nafKeysOf } from '../../../lib/ue/bootstrapping/associations.ts';
import { type BootstrappedSession, bootstrap } from '../../../lib/ue/bootstrapping/bootstrap.ts';
import { parseSimProfile, type SimProfile, simKeysOf } from '../../../lib/ue/bootstrapping/sim-profile.ts';
import { UeSim } from '../../../lib/ue/bootstrapping/ue-sim.ts';
import { httpGet } from '../../../lib/ue/http-post.ts';
import { ZnClient } from '../../../lib/zn/client.ts';
import { StandInBsf, type StandInBsfOptions } from '../../../local/bsf/stand-in-bsf.ts';
import { parseSubscribers } from '../../../local/bsf/subscribers.ts';
import { HAS_IPV6 } from '../../ipv6.ts';

const NAF = 'bmsc.home1.net';
const hex = (length: number) => randomBytes(length).toString('hex');
const simOf = (number: number, others: object = {}) => ({
  impi: `00101012345678${number}@ims.mnc001.mcc001.3gppnetwork.org`,
  k: hex(16),
  opc: hex(16),
  ...others,
});
const akma = {
  supi: '001010123456783',
  kAusf: hex(32),
  routingIndicator: '0',
  homeNetwork: '5gc.mnc001.mcc001.3gppnetwork.org',
};
const FILE = {
  me: simOf(1),
  uicc: simOf(2, { gbaU: true, keyChoice: 'UICC_BASED_KEY' }),
  akma: simOf(3, { akma }),
};

let bsf: StandInBsf;
let clock: number;
const closers: (() => void | Promise<void>)[] = [];

const start = (options: Partial<StandInBsfOptions> = {}) =>
  StandInBsf.start({
    subscribers: parseSubscribers(JSON.stringify(Object.values(FILE))),
    now: () => clock,
    ...options,
  });

beforeEach(async () => {
  clock = Date.now();
  bsf = await start();
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await bsf.close();
});

const profileOf = (sim: object): SimProfile => parseSimProfile(JSON.stringify(sim));
function run(sim: object, sqn = 0, bsfUrl = bsf.ubUrl): Promise<BootstrappedSession> {
  const profile = profileOf(sim);
  const ueSim = new UeSim({ ...simKeysOf(profile), sqn });
  return bootstrap({ bsfUrl, sim: ueSim, impi: profile.impi, randomOctets: randomBytes });
}

function client(): SbiClient {
  const sbi = new SbiClient({ userAgent: 'AF-bmsc.home1.net', timeoutMs: 2000 });
  closers.push(() => sbi.close());
  return sbi;
}
const network = () => ({
  client: client(),
  apiRootOf: () => bsf.apiRoot,
  tokens: undefined,
  discovery: undefined,
  now: () => clock,
});
const nbsp = () => new NbspKeySource({ ...network(), nafFqdn: NAF, gbaU: true });

async function zn(): Promise<ZnClient> {
  const znClient = new ZnClient({
    origin: { host: NAF, realm: 'home1.net' },
    destinationRealm: 'home1.net',
    peers: [bsf.zn],
  });
  closers.push(() => znClient.close());
  for (let waited = 0; !znClient.isOpen && waited < 5000; waited += 20) await delay(20);
  return znClient;
}
const wanted = (btid: Btid, isGbaUAware = true) => ({
  bTid: btid,
  nafId: nafId(NAF),
  gsIds: [4],
  isGbaUAware,
});

const hexOf = (key: SecretKey) => Buffer.from(key.exposeOctets()).toString('hex');
const hexesOf = (keys: NafKeys) => {
  const { muk, mrk } = mukAndMrkOf(keys);
  return [keys.type, hexOf(muk), hexOf(mrk)];
};

describe.each([
  ['GBA_ME', FILE.me],
  ['GBA_U', FILE.uicc],
] as const)('a SIM with %s', (gbaType, sim) => {
  test('and the NAF have the same keys, over Nbsp_GBA', async () => {
    const session = await run(sim);
    const lookUp = await nbsp().lookUp(session.btid);
    if (lookUp.kind !== 'found') throw new Error(lookUp.kind);
    expect(hexesOf(lookUp.found.keys)).toEqual(hexesOf(nafKeysOf(session, NAF, gbaType)));
    const { muk, mrk } = associationOf(session, { nafFqdn: NAF, gbaType });
    expect([gbaType, hexOf(muk), hexOf(mrk)]).toEqual(hexesOf(lookUp.found.keys));
    expect(lookUp.found).toMatchObject({
      impi: parseImpi(sim.impi),
      bootstrappedAt: clock,
      expiresAt: session.expiresAt,
    });
  });

  test('and the NAF have the same keys, over Zn', async () => {
    const session = await run(sim);
    const answer = await (await zn()).lookUp(wanted(session.btid));
    if (answer.kind !== 'found') throw new Error(JSON.stringify(answer));
    const { impi, meKeyMaterial, uiccKeyMaterial, userSecuritySettings } = answer.info;
    const keys = nafKeysOf(session, NAF, gbaType);
    expect(impi).toBe(sim.impi);
    expect(hexOf(meKeyMaterial)).toBe(hexOf(keys.type === 'GBA_U' ? keys.ksExtNaf : keysOfMe(keys)));
    expect(uiccKeyMaterial && hexOf(uiccKeyMaterial)).toBe(
      keys.type === 'GBA_U' ? hexOf(keys.ksIntNaf) : undefined,
    );
    expect(userSecuritySettings.map(({ keyChoice }) => keyChoice)).toEqual(
      gbaType === 'GBA_U' ? ['UICC_BASED_KEY'] : [],
    );
  });
});

function keysOfMe(keys: NafKeys): SecretKey {
  if (keys.type !== 'GBA_ME') throw new Error(keys.type);
  return keys.ksNaf;
}

describe('AKMA', () => {
  test('gives a UE and an AF the same keys', async () => {
    const profile = profileOf(FILE.akma).akma;
    if (profile === undefined) throw new Error('no AKMA');
    const association = akmaAssociationOf(profile, NAF);
    const source = new NaanfKeySource({ ...network(), afId: `${NAF}0100000001` });
    const lookUp = await source.lookUp(association.btid);
    if (lookUp.kind !== 'found') throw new Error(lookUp.kind);
    const kAf = kAfOf(kAkmaOf(profile), nafId(NAF));
    expect(hexesOf(lookUp.found.keys)).toEqual(hexesOf({ type: 'AKMA', kAf }));
    expect(hexOf(association.mrk)).toBe(hexesOf(lookUp.found.keys)[2]);
    expect(lookUp.found.impi).toBe('001010123456783@ims.mnc001.mcc001.3gppnetwork.org');
  });

  test('knows no other A-KID', async () => {
    const source = new NaanfKeySource({ ...network(), afId: `${NAF}0100000001` });
    const { btid } = await run(FILE.me);
    expect(await source.lookUp(btid)).toEqual({ kind: 'unknown' });
  });
});

describe('a B-TID', () => {
  test('is unknown after its lifetime, on both reference points', async () => {
    const { btid, expiresAt } = await run(FILE.me);
    const [source, peer] = [nbsp(), await zn()];
    clock = expiresAt - 1;
    expect((await source.lookUp(btid)).kind).toBe('found');
    clock = expiresAt;
    expect(await source.lookUp(btid)).toEqual({ kind: 'unknown' });
    expect(await peer.lookUp(wanted(btid))).toMatchObject({ kind: 'refused', result: { code: 5403 } });
  });

  test('is unknown once its subscriber has bootstrapped anew', async () => {
    const { btid } = await run(FILE.me);
    const anew = await run(FILE.me);
    expect(await nbsp().lookUp(btid)).toEqual({ kind: 'unknown' });
    expect((await nbsp().lookUp(anew.btid)).kind).toBe('found');
  });

  test('lives as long as is set', async () => {
    bsf.lifetimeMs = 5000;
    expect((await run(FILE.me)).expiresAt).toBe(clock + 5000);
  });

  test('is unknown after the BSF was started anew', async () => {
    const { btid } = await run(FILE.me);
    bsf.forgetSessions();
    expect(await nbsp().lookUp(btid)).toEqual({ kind: 'unknown' });
  });

  test('gives no keys to a NAF that is not authorized', async () => {
    await bsf.close();
    bsf = await start({ nafs: ['other.home1.net'] });
    const { btid } = await run(FILE.me);
    expect(await nbsp().lookUp(btid)).toEqual({ kind: 'not-authorized' });
    expect(await (await zn()).lookUp(wanted(btid))).toMatchObject({ result: { code: 5402 } });
  });

  test('gives no key of the UICC to a NAF that can not use it', async () => {
    const session = await run(FILE.uicc);
    const answer = await (await zn()).lookUp(wanted(session.btid, false));
    expect(answer).toMatchObject({ kind: 'found', info: { uiccKeyMaterial: undefined } });
  });
});

describe('on Ub', () => {
  const impi = FILE.me.impi;
  const keys = simKeysOf(profileOf(FILE.me));
  const get = (authorization?: string) =>
    httpGet(bsf.ubUrl, authorization === undefined ? {} : { authorization });
  const identity = (username: string = impi) =>
    formatAkaIdentity({ username, realm: 'bsf.home1.net', uri: '/' });

  async function challenge() {
    const { headers } = await get(identity());
    const parsed = parseAkaChallenge(headers['www-authenticate'] ?? '');
    if (parsed === undefined) throw new Error('no challenge');
    return parsed;
  }
  const request = {
    username: impi,
    method: 'GET',
    uri: '/',
    entityBody: new Uint8Array(),
    cnonce: 'c',
    nc: 1,
  };
  /** Credentials with the right RES for a challenge. */
  async function rightFor(given: AkaChallenge, change: object = {}) {
    const sim = new UeSim(keys).answer(given.aka.rand, given.aka.autn);
    if (sim.kind !== 'authenticated') throw new Error(sim.kind);
    const answer = { kind: 'res' as const, res: sim.res };
    return formatAkaAuthorization(authorizeAka({ challenge: given, answer, ...request, ...change }));
  }

  test('a SIM whose SQN is ahead resynchronises by AUTS', async () => {
    const { btid } = await run(FILE.me, 2 ** 40);
    expect((await nbsp().lookUp(btid)).kind).toBe('found');
  });

  test('a wrong RES is refused, and spends its challenge', async () => {
    const given = await challenge();
    const answer = { kind: 'res' as const, res: new SecretKey(randomBytes(8)) };
    const wrong = formatAkaAuthorization(authorizeAka({ challenge: given, answer, ...request }));
    expect((await get(wrong)).status).toBe(403);
    expect((await get(await rightFor(given))).status).toBe(401);
  });

  test('a repeated request gets a new challenge, and no session', async () => {
    const header = await rightFor(await challenge());
    expect((await get(header)).status).toBe(200);
    const again = await get(header);
    expect(again.status).toBe(401);
    expect(again.headers['www-authenticate']).toContain('stale=true');
  });

  test.each([
    ['of another user', { username: FILE.uicc.impi }],
    ['for another URI', { uri: '/other' }],
    ['with another nonce count', { nc: 2 }],
  ])('credentials %s are refused', async (_what, change) => {
    expect((await get(await rightFor(await challenge(), change))).status).toBe(403);
  });

  test('AUTS with a wrong MAC is refused', async () => {
    const given = await challenge();
    const other = { ...keys, k: new SecretKey(randomBytes(16)) };
    const auts = autsOf(other, given.aka.rand, 64);
    const credentials = authorizeAka({ challenge: given, answer: { kind: 'auts', auts }, ...request });
    expect((await get(formatAkaAuthorization(credentials))).status).toBe(403);
  });

  test('a SIM with another K takes no challenge', async () => {
    await expect(run({ ...FILE.me, k: hex(16) })).rejects.toThrow(
      expect.objectContaining({ code: 'foreign-network' }),
    );
  });

  test('an unknown subscriber is refused', async () => {
    await expect(run(simOf(9))).rejects.toThrow(expect.objectContaining({ code: 'refused', status: 403 }));
  });

  test('a request without credentials, or with nonsense, is a bad request', async () => {
    expect((await get()).status).toBe(400);
    expect((await get('Digest username="x", nonce="n", algorithm=MD5')).status).toBe(400);
    expect((await get('Basic eA==')).status).toBe(400);
  });
});

test('nonsense over HTTP/2 is answered by a problem, and nothing breaks', async () => {
  const session = connect(bsf.apiRoot);
  closers.push(() => session.close());
  const send = (path: string, type: string, body: string) =>
    new Promise<number>((resolve, reject) => {
      const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': type });
      stream.on('response', (headers) => resolve(Number(headers[':status'])));
      stream.on('error', reject);
      stream.resume();
      stream.end(body);
    });
  const [gba, aanf] = ['/nbsp-gba/v1/bootstrapping-info-retrieval', '/naanf-akma/v1/retrieve-applicationkey'];
  expect(await send('/', 'application/json', '{}')).toBe(404);
  expect(await send(gba, 'text/plain', '{}')).toBe(415);
  expect(await send(gba, 'application/json', '{}')).toBe(400);
  expect(await send(aanf, 'application/json', '{"afId": "x", "aKId": 1}')).toBe(400);
  expect(await send(gba, 'application/json', `"${'x'.repeat(70_000)}"`)).toBe(413);
  expect((await nbsp().lookUp((await run(FILE.me)).btid)).kind).toBe('found');
});

test.skipIf(!HAS_IPV6)('it listens on ::1', async () => {
  await bsf.close();
  bsf = await start({ host: '::1' });
  expect(bsf.ubUrl.hostname).toBe('[::1]');
  const { btid } = await run(FILE.me);
  expect((await nbsp().lookUp(btid)).kind).toBe('found');
  expect((await (await zn()).lookUp(wanted(btid))).kind).toBe('found');
});

test('it starts on the ports that are given, and says when one is taken', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise<void>((resolve) => void other.close(() => resolve())));
  const { port } = other.address() as AddressInfo;
  for (const part of ['ub', 'sbi', 'zn'])
    await expect(start({ ports: { [part]: port } })).rejects.toThrow(/EADDRINUSE/);
});
