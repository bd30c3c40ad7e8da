import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseImpi } from '../../lib/gba/impi.ts';
import { NbspKeySource, type NbspOptions } from '../../lib/key-source/nbsp-key-source.ts';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { BTID, GOOD, good, NOW } from './bsf.ts';
import { type Answer, answerJson, TestNetworkFunction } from './network.ts';

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

// @clause TS 29.309 §5.2.2.2 s1
// @clause TS 29.500 §5.2 s1
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
  // @clause TS 29.500 §5.2 s2
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

describe('a BSF that says when it may be asked again', () => {
  it.each([
    [429, undefined],
    [503, { cause: 'NF_CONGESTION' }],
  ])('by %i is not asked before', async (status, problem) => {
    bsf.answer = (stream) => answerJson(stream, status, problem, { 'retry-after': '7' });
    const source = sourceOf();
    await source.lookUp(BTID);
    bsf.answer = good;
    clock += 6000;
    expect(await source.lookUp(BTID)).toEqual({
      kind: 'unavailable',
      reason: 'retry-after',
      retryAfterMs: 1000,
    });
    expect(bsf.received).toHaveLength(1);
    clock += 1000;
    expect(await source.lookUp(BTID)).toMatchObject({ kind: 'found' });
  });

  it.each([
    [500, { cause: 'NF_CONGESTION' }],
    [503, undefined],
    [503, 'nonsense'],
    [503, { cause: 'SYSTEM_FAILURE' }],
  ])('by %i %o is asked on, for that may be about one question', async (status, problem) => {
    bsf.answer = (stream) => answerJson(stream, status, problem, { 'retry-after': '7' });
    const source = sourceOf();
    expect(await source.lookUp(BTID)).toMatchObject({ reason: `status-${status}`, retryAfterMs: 7000 });
    bsf.answer = good;
    expect(await source.lookUp(BTID)).toMatchObject({ kind: 'found' });
  });

  it('does not keep another BSF from being asked', async () => {
    const other = await TestNetworkFunction.start(good);
    bsf.answer = (stream) => answerJson(stream, 429, {}, { 'retry-after': '7' });
    let { apiRoot } = bsf;
    const source = sourceOf({ apiRootOf: () => apiRoot });
    await source.lookUp(BTID);
    apiRoot = other.apiRoot;
    expect(await source.lookUp(BTID)).toMatchObject({ kind: 'found' });
    await other.stop();
  });
});

it('takes no keys of the UICC that it has not asked for', async () => {
  bsf.answer = (stream) => answerJson(stream, 200, { ...GOOD, uiccKeyMaterial: 'bb'.repeat(32) });
  const typeOf = (gbaU: boolean) => sourceOf({ gbaU }).lookUp(BTID);
  expect(await typeOf(true)).toMatchObject({ found: { keys: { type: 'GBA_U' } } });
  expect(await typeOf(false)).toMatchObject({ found: { keys: { type: 'GBA_ME' } } });
});

it('does not know a B-TID of a domain for which no BSF is set', async () => {
  expect(await sourceOf({ apiRootOf: () => undefined }).lookUp(BTID)).toEqual({ kind: 'unknown' });
});
