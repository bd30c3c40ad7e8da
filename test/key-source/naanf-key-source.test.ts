import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseBtid } from '../../lib/gba/btid.ts';
import { impiOfSupi, NaanfKeySource, type NaanfOptions } from '../../lib/key-source/naanf-key-source.ts';
import { AccessTokens } from '../../lib/key-source/sbi/access-tokens.ts';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { NRF } from './bsf.ts';
import { type Answer, answerJson, TestNetworkFunction } from './network.ts';

const AKID = parseBtid('678AbCdEfGhIjKlMnOpQr@5gc.mnc015.mcc234.3gppnetwork.org');
const GOOD = { kaf: 'ab'.repeat(32), expiry: '2026-11-27T00:00:00Z', supi: 'imsi-234150999999999' };

let aanf: TestNetworkFunction;
let client: SbiClient;
beforeEach(async () => {
  aanf = await TestNetworkFunction.start((stream) => answerJson(stream, 200, GOOD));
  client = new SbiClient({ userAgent: 'AF-bmsc.home1.net', timeoutMs: 300 });
});
afterEach(async () => {
  client.close();
  await aanf.stop();
});

const lookUp = (changes: Partial<NaanfOptions> = {}) =>
  new NaanfKeySource({
    client,
    afId: 'bmsc.home1.net0100000001',
    apiRootOf: () => aanf.apiRoot,
    tokens: undefined,
    discovery: undefined,
    now: () => Date.UTC(2026, 10, 26),
    ...changes,
  }).lookUp(AKID);

// @clause TS 29.535 §5.2 s1
it('asks as TS 29.535 has it, and takes K_AF', async () => {
  expect(await lookUp()).toMatchObject({
    kind: 'found',
    found: {
      impi: '234150999999999@ims.mnc015.mcc234.3gppnetwork.org',
      keys: { type: 'AKMA' },
      bootstrappedAt: undefined,
      expiresAt: Date.UTC(2026, 10, 27),
    },
  });
  expect(aanf.received[0]).toMatchObject({ path: '/naanf-akma/v1/retrieve-applicationkey' });
  expect(JSON.parse(aanf.received[0]?.body ?? '')).toEqual({
    afId: 'bmsc.home1.net0100000001',
    aKId: AKID,
    anonInd: false,
  });
});

it('asks the NRF for a token by which the AAnF names the subscriber', async () => {
  const nrf = await TestNetworkFunction.start((stream) =>
    answerJson(stream, 200, { access_token: 'a', token_type: 'Bearer' }),
  );
  const tokens = new AccessTokens(client, { apiRoot: nrf.apiRoot, ...NRF }, Date.now);
  expect(await lookUp({ tokens })).toMatchObject({ kind: 'found' });
  await lookUp({ tokens, scope: 'naanf-akma' });
  await nrf.stop();
  const form = new URLSearchParams(nrf.received[0]?.body);
  expect(form.get('targetNfType')).toBe('AANF');
  expect(form.get('scope')?.split(' ')).toContain('naanf-akma:applicationkeyget:supi-access');
});

it.each<[string, Answer, object]>([
  ['204', (stream) => stream.respond({ ':status': 204 }, { endStream: true }), { kind: 'unknown' }],
  ['404', (stream) => answerJson(stream, 404), { kind: 'unknown' }],
  ['no key', (stream) => answerJson(stream, 200, {}), { reason: 'bad-answer-malformed' }],
  [
    'a short key',
    (stream) => answerJson(stream, 200, { ...GOOD, kaf: 'abcd' }),
    { reason: 'bad-answer-malformed' },
  ],
  [
    'a key of yesterday',
    (stream) => answerJson(stream, 200, { ...GOOD, expiry: '2026-11-25T00:00:00Z' }),
    { reason: 'bad-answer-expired' },
  ],
])('takes %s for what it is', async (_, answer, expected) => {
  aanf.answer = answer;
  expect(await lookUp()).toMatchObject(expected);
});

describe('the IMPI of a SUPI', () => {
  it.each([
    ['imsi-234150999999999', AKID, '234150999999999@ims.mnc015.mcc234.3gppnetwork.org'],
    [
      'imsi-310410123456789',
      parseBtid('a@5gc.MNC410.mcc310.3gppnetwork.org'),
      '310410123456789@ims.mnc410.mcc310.3gppnetwork.org',
    ],
    ['imsi-234160999999999', AKID, undefined],
    ['imsi-234150999999999', parseBtid('a@home1.net'), undefined],
    ['nai-user@home1.net', AKID, 'user@home1.net'],
    ['nai-us\u0000er@home1.net', AKID, undefined],
    ['gci-1', AKID, undefined],
  ])('%s with %s is %s', (supi, akid, impi) => {
    expect(impiOfSupi(supi, akid)).toBe(impi);
  });
});
