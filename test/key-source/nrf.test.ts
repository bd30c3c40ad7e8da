import { afterEach, beforeEach, expect, it } from 'vitest';
import { NbspKeySource, type NbspOptions } from '../../lib/key-source/nbsp-key-source.ts';
import { AccessTokens } from '../../lib/key-source/sbi/access-tokens.ts';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { Discovery } from '../../lib/key-source/sbi/discovery.ts';
import { BTID, good, NOW, NRF } from './bsf.ts';
import { answerJson, TestNetworkFunction } from './network.ts';

let bsf: TestNetworkFunction;
let client: SbiClient;
let clock: number;
beforeEach(async () => {
  bsf = await TestNetworkFunction.start(good);
  client = new SbiClient({ userAgent: 'AF-bmsc.home1.net', timeoutMs: 300 });
  clock = NOW;
});
afterEach(async () => {
  client.close();
  await bsf.stop();
});

const sourceOf = (changes: Partial<NbspOptions> = {}) =>
  new NbspKeySource({
    client,
    nafFqdn: 'bmsc.home1.net',
    gbaU: true,
    apiRootOf: () => bsf.apiRoot,
    tokens: undefined,
    discovery: undefined,
    now: () => clock,
    ...changes,
  });

let nrf: TestNetworkFunction;
let tokens = 0;
beforeEach(async () => {
  tokens = 0;
  nrf = await TestNetworkFunction.start((stream, { path }) => {
    if (path === '/oauth2/token') {
      tokens += 1;
      const answer = { access_token: `token-${tokens}`, token_type: 'Bearer', expires_in: 3600 };
      setTimeout(() => answerJson(stream, 200, answer), 20);
      return;
    }
    const services = [
      {
        serviceName: 'nbsp-gba',
        scheme: 'http',
        ipEndPoints: [{ ipv4Address: '127.0.0.1', port: bsf.port }],
      },
    ];
    const nfInstances = [
      { nfStatus: 'SUSPENDED', priority: 0, fqdn: 'gone.example.net', nfServices: services },
      { nfStatus: 'REGISTERED', priority: 1, nfServices: services },
    ];
    answerJson(stream, 200, { validityPeriod: 100, nfInstances });
  });
});
afterEach(() => nrf.stop());

const withTokens = (changes: Partial<NbspOptions> = {}) =>
  sourceOf({ tokens: new AccessTokens(client, { apiRoot: nrf.apiRoot, ...NRF }, () => clock), ...changes });
const tokensSeen = () => bsf.received.map(({ headers }) => headers.authorization);

it('each question has an access token, fetched once for many at the same time', async () => {
  const source = withTokens();
  await Promise.all(Array.from({ length: 10 }, () => source.lookUp(BTID)));
  expect(new Set(tokensSeen())).toEqual(new Set(['Bearer token-1']));
  const [request] = nrf.received;
  expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
    grant_type: 'client_credentials',
    ...NRF,
    targetNfType: 'GBA_BSF',
    scope: 'nbsp-gba',
  });
});

it('a token is fetched anew shortly before it expires', async () => {
  const source = withTokens();
  await source.lookUp(BTID);
  clock += 3_589_000;
  await source.lookUp(BTID);
  clock += 2000;
  await source.lookUp(BTID);
  expect(tokensSeen()).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
});

it('a token that the BSF does not accept any more is fetched anew once', async () => {
  const source = withTokens();
  await source.lookUp(BTID);
  bsf.answer = (stream, { headers }) =>
    headers.authorization === 'Bearer token-2'
      ? good(stream, bsf.received[0] as never)
      : answerJson(stream, 401);
  expect(await source.lookUp(BTID)).toMatchObject({ kind: 'found' });
  bsf.answer = (stream) => answerJson(stream, 401);
  expect(await source.lookUp(BTID)).toMatchObject({ kind: 'unavailable', reason: 'status-401' });
  expect(tokens).toBe(3);
});

it('a token that the BSF does not accept from many at the same time is fetched anew once', async () => {
  const source = withTokens();
  await source.lookUp(BTID);
  bsf.answer = (stream, received) => {
    const isNew = received.headers.authorization === 'Bearer token-2';
    setTimeout(() => (isNew ? good(stream, received) : answerJson(stream, 401)), Math.random() * 60);
  };
  const lookUps = await Promise.all(Array.from({ length: 20 }, () => source.lookUp(BTID)));
  expect(new Set(lookUps.map(({ kind }) => kind))).toEqual(new Set(['found']));
  expect(tokens).toBe(2);
});

it('a token of a few seconds is used for half of them', async () => {
  nrf.answer = (stream) =>
    answerJson(stream, 200, { access_token: `t${++tokens}`, token_type: 'bearer', expires_in: 8 });
  const source = withTokens();
  await source.lookUp(BTID);
  clock += 3999;
  await source.lookUp(BTID);
  expect(tokens).toBe(1);
  clock += 1;
  await source.lookUp(BTID);
  expect(tokens).toBe(2);
});

it('a scope may be set', async () => {
  await withTokens({ scope: 'nbsp-gba nbsp-gba:bootstrapping-info-retrieval:invoke' }).lookUp(BTID);
  expect(new URLSearchParams(nrf.received[0]?.body).get('scope')).toBe(
    'nbsp-gba nbsp-gba:bootstrapping-info-retrieval:invoke',
  );
});

it('without a token nothing is asked', async () => {
  nrf.answer = (stream) => answerJson(stream, 400, { error: 'unauthorized_client' });
  expect(await withTokens().lookUp(BTID)).toMatchObject({ kind: 'unavailable', reason: 'token-refused' });
  expect(bsf.received).toEqual([]);
});

it.each([
  ['of another type', { access_token: 'a', token_type: 'mac' }],
  ['that would break a header', { access_token: 'a\r\nb', token_type: 'Bearer' }],
  ['that is empty', { access_token: '', token_type: 'Bearer' }],
])('a token %s is none', async (_, answer) => {
  nrf.answer = (stream) => answerJson(stream, 200, answer);
  expect(await withTokens().lookUp(BTID)).toMatchObject({ kind: 'unavailable', reason: 'token-refused' });
});

// @clause TS 29.510 §6.1.6 s1
it('the BSF is found as one of GBA, and kept for the validity of the answer', async () => {
  const discovery = new Discovery(client, { apiRoot: nrf.apiRoot, ...NRF }, () => clock);
  const source = sourceOf({ apiRootOf: () => undefined, discovery });
  expect(await source.lookUp(BTID)).toMatchObject({ kind: 'found' });
  await source.lookUp(BTID);
  expect(nrf.received.map(({ path }) => path)).toEqual([
    '/nnrf-disc/v1/nf-instances?target-nf-type=GBA_BSF&requester-nf-type=AF&service-names=nbsp-gba',
  ]);
  clock += 100_000;
  await source.lookUp(BTID);
  expect(nrf.received).toHaveLength(2);
});

it('the BSF is looked for once for many at the same time', async () => {
  const discovery = new Discovery(client, { apiRoot: nrf.apiRoot, ...NRF }, () => clock);
  const source = sourceOf({ apiRootOf: () => undefined, discovery });
  await Promise.all(Array.from({ length: 10 }, () => source.lookUp(BTID)));
  expect(nrf.received).toHaveLength(1);
  expect(bsf.received).toHaveLength(10);
});

it('the BSF is found by its FQDN, among services of other names, and for an hour at most', async () => {
  const service = (serviceName: string, port: number) => ({
    serviceName,
    scheme: 'http',
    fqdn: 'localhost',
    ipEndPoints: [{ ipv4Address: '192.0.2.1', port }],
  });
  const nfInstances = [{ nfServices: [service('nnf-other', 1), service('nbsp-gba', bsf.port)] }];
  nrf.answer = (stream) => answerJson(stream, 200, { validityPeriod: 1e6, nfInstances });
  const discovery = new Discovery(client, { apiRoot: nrf.apiRoot, ...NRF }, () => clock);
  const source = sourceOf({ apiRootOf: () => undefined, discovery });
  expect(await source.lookUp(BTID)).toMatchObject({ kind: 'found' });
  clock += 3_600_000;
  await source.lookUp(BTID);
  expect(nrf.received).toHaveLength(2);
});

it('a BSF that does not answer is passed over for the next one', async () => {
  const service = (port: number) => ({
    nfServices: [
      { serviceName: 'nbsp-gba', scheme: 'http', ipEndPoints: [{ ipv4Address: '127.0.0.1', port }] },
    ],
  });
  const dead = await TestNetworkFunction.start(good);
  const nfInstances = [
    { priority: 2, ...service(bsf.port) },
    { priority: 1, ...service(dead.port) },
  ];
  nrf.answer = (stream) => answerJson(stream, 200, { nfInstances });
  await dead.stop();
  const discovery = new Discovery(client, { apiRoot: nrf.apiRoot, ...NRF }, () => clock);
  const source = sourceOf({ apiRootOf: () => undefined, discovery });
  expect(await source.lookUp(BTID)).toMatchObject({ reason: 'no-connection' });
  expect(await source.lookUp(BTID)).toMatchObject({ kind: 'found' });
  expect(nrf.received).toHaveLength(1);
});

it('an NRF that gives no answer to a search is a reason of its own', async () => {
  nrf.answer = (stream) => answerJson(stream, 500);
  const discovery = new Discovery(client, { apiRoot: nrf.apiRoot, ...NRF }, () => clock);
  const source = sourceOf({ apiRootOf: () => undefined, discovery });
  expect(await source.lookUp(BTID)).toMatchObject({ reason: 'discovery-failed' });
});

it('a BSF that the NRF does not know is not asked', async () => {
  nrf.answer = (stream) => answerJson(stream, 200, { nfInstances: [] });
  const discovery = new Discovery(client, { apiRoot: nrf.apiRoot, ...NRF }, () => clock);
  const source = sourceOf({ apiRootOf: () => undefined, discovery });
  expect(await source.lookUp(BTID)).toMatchObject({ reason: 'nothing-discovered' });
});
