import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { NbspKeySource, type NbspOptions } from '../../lib/key-source/nbsp-key-source.ts';
import { AccessTokens } from '../../lib/key-source/sbi/access-tokens.ts';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { Discovery } from '../../lib/key-source/sbi/discovery.ts';
import { type Answer, answerJson, TestNetworkFunction } from './network.ts';

const BTID = btidOf({ rand: Buffer.alloc(16, 5), bsfName: 'bsf.home1.net' });
const NRF = { nfInstanceId: '0e2c0f52-6bfb-4d4c-8b3a-9d3f0b1f6f0a', nfType: 'AF' };
const NOW = Date.UTC(2026, 10, 26);
const GOOD = {
  meKeyMaterial: 'aa'.repeat(32),
  keyExpiryTime: '2026-11-27T00:00:00Z',
  impi: '001010123456789@home1.net',
};
const good: Answer = (stream) => answerJson(stream, 200, GOOD);

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

it('asks by HTTP/2 as TS 29.309 has it, and takes the keys', async () => {
  const lookUp = await sourceOf().lookUp(BTID);
  expect(lookUp).toMatchObject({
    kind: 'found',
    found: {
      impi: parseImpi('001010123456789@home1.net'),
      keys: { type: 'GBA_ME' },
      expiresAt: Date.UTC(2026, 10, 27),
    },
  });
  const [received] = bsf.received;
  expect(received).toMatchObject({
    method: 'POST',
    path: '/nbsp-gba/v1/bootstrapping-info-retrieval',
    headers: { 'content-type': 'application/json', 'user-agent': 'AF-bmsc.home1.net' },
  });
  expect(JSON.parse(received?.body ?? '')).toEqual({
    btId: BTID,
    nafId: { nafFqdn: 'bmsc.home1.net', uaSecProtId: '0100000001' },
    gbaUAware: true,
    gsIds: [4],
  });
});

describe('the connection', () => {
  it('is kept for the next question', async () => {
    const source = sourceOf();
    for (let question = 0; question < 5; question++) await source.lookUp(BTID);
    expect(bsf.sessions).toHaveLength(1);
  });

  it('is opened anew after a GOAWAY', async () => {
    const source = sourceOf();
    await source.lookUp(BTID);
    bsf.sessions[0]?.goaway();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await source.lookUp(BTID)).toMatchObject({ kind: 'found' });
    expect(bsf.sessions).toHaveLength(2);
  });

  it('is opened anew after the BSF was killed and came back', async () => {
    const { port, apiRoot } = bsf;
    const source = sourceOf({ apiRootOf: () => apiRoot });
    await source.lookUp(BTID);
    await bsf.stop();
    expect(await source.lookUp(BTID)).toMatchObject({ kind: 'unavailable', reason: 'no-connection' });
    bsf = await TestNetworkFunction.start(good, undefined, port);
    expect(await source.lookUp(BTID)).toMatchObject({ kind: 'found' });
  });

  it('carries a question that the BSF refused to begin once more', async () => {
    const source = sourceOf();
    await source.lookUp(BTID);
    bsf.answer = (stream) => {
      bsf.answer = good;
      stream.close(7); // REFUSED_STREAM
    };
    expect(await source.lookUp(BTID)).toMatchObject({ kind: 'found' });
  });
});

it.each<[string, Answer, object]>([
  ['404', (stream) => answerJson(stream, 404), { kind: 'unknown' }],
  ['403', (stream) => answerJson(stream, 403, { cause: 'X' }), { kind: 'not-authorized' }],
  [
    '403 about the token',
    (stream) => answerJson(stream, 403, {}, { 'www-authenticate': 'Bearer error="insufficient_scope"' }),
    { kind: 'unavailable', reason: 'status-403' },
  ],
  [
    '429 with Retry-After',
    (stream) => answerJson(stream, 429, {}, { 'retry-after': '7' }),
    { kind: 'unavailable', reason: 'status-429', retryAfterMs: 7000 },
  ],
  [
    '503 with an endless Retry-After',
    (stream) => answerJson(stream, 503, {}, { 'retry-after': '999999' }),
    { kind: 'unavailable', reason: 'status-503', retryAfterMs: 60_000 },
  ],
  ['400', (stream) => answerJson(stream, 400), { kind: 'unavailable', reason: 'status-400' }],
  ['nothing', () => undefined, { kind: 'unavailable', reason: 'timeout' }],
  ['a reset', (stream) => stream.close(2), { kind: 'unavailable', reason: 'connection-lost' }],
  [
    'half a body',
    (stream) => {
      stream.respond({ ':status': 200 });
      stream.write('{"meKey');
      setTimeout(() => stream.session?.destroy(), 10);
    },
    { kind: 'unavailable', reason: 'connection-lost' },
  ],
  [
    'a huge body',
    (stream) => {
      stream.respond({ ':status': 200 });
      stream.end('x'.repeat(1_000_000));
    },
    { kind: 'unavailable', reason: 'too-large' },
  ],
  [
    'a short key',
    (stream) => answerJson(stream, 200, { meKeyMaterial: 'aa' }),
    { kind: 'unavailable', reason: 'bad-answer-malformed' },
  ],
  [
    'keys of yesterday',
    (stream) => answerJson(stream, 200, { ...GOOD, keyExpiryTime: '2026-11-25T00:00:00Z' }),
    { kind: 'unavailable', reason: 'bad-answer-expired' },
  ],
  ['no JSON', (stream) => stream.respond({ ':status': 200 }, { endStream: true }), { kind: 'unavailable' }],
])('takes %s of a BSF for what it is', async (_, answer, expected) => {
  bsf.answer = answer;
  expect(await sourceOf().lookUp(BTID)).toMatchObject(expected);
});

describe('a redirection', () => {
  it('is followed once, with method and body', async () => {
    const other = await TestNetworkFunction.start(good);
    bsf.answer = (stream, { path }) => answerJson(stream, 307, undefined, { location: other.apiRoot + path });
    expect(await sourceOf().lookUp(BTID)).toMatchObject({ kind: 'found' });
    expect(other.received[0]).toMatchObject({ method: 'POST', body: bsf.received[0]?.body });
    await other.stop();
  });

  it('in a circle, or to no place, is none', async () => {
    bsf.answer = (stream, { path }) => answerJson(stream, 308, undefined, { location: bsf.apiRoot + path });
    expect(await sourceOf().lookUp(BTID)).toMatchObject({ kind: 'unavailable', reason: 'bad-redirect' });
    expect(bsf.received).toHaveLength(2);
    bsf.answer = (stream) => answerJson(stream, 308, undefined, { location: 'ftp://a/' });
    expect(await sourceOf().lookUp(BTID)).toMatchObject({ reason: 'bad-redirect' });
  });
});

it('does not know a B-TID of a domain for which no BSF is set', async () => {
  expect(await sourceOf({ apiRootOf: () => undefined }).lookUp(BTID)).toEqual({ kind: 'unknown' });
});

describe('with an NRF', () => {
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

  it('no token is no question', async () => {
    nrf.answer = (stream) => answerJson(stream, 400, { error: 'unauthorized_client' });
    expect(await withTokens().lookUp(BTID)).toMatchObject({ kind: 'unavailable', reason: 'token-refused' });
    expect(bsf.received).toEqual([]);
  });

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

  it('that knows no BSF, none is asked', async () => {
    nrf.answer = (stream) => answerJson(stream, 200, { nfInstances: [] });
    const discovery = new Discovery(client, { apiRoot: nrf.apiRoot, ...NRF }, () => clock);
    const source = sourceOf({ apiRootOf: () => undefined, discovery });
    expect(await source.lookUp(BTID)).toMatchObject({ reason: 'nothing-discovered' });
  });
});
