import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseBtid } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { NaanfKeySource } from '../../lib/key-source/naanf-key-source.ts';
import { NbspKeySource } from '../../lib/key-source/nbsp-key-source.ts';
import { AccessTokens } from '../../lib/key-source/sbi/access-tokens.ts';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { Discovery } from '../../lib/key-source/sbi/discovery.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { encodeApplicationKeyResponse } from '../../lib/naanf-akma/application-key.ts';
import {
  encodeBootstrappingInfoResponse,
  parseBootstrappingInfoResponse,
} from '../../lib/nbsp-gba/bootstrapping-info.ts';
import { encodeProblemDetails, PROBLEM_TYPE } from '../../lib/nbsp-gba/problem-details.ts';
import { BTID, NOW, NRF } from '../key-source/bsf.ts';
import { TestNetworkFunction } from '../key-source/network.ts';
import { describeWith } from '../peers.ts';
import { type Exchange, faultsOf, OPENAPI } from './openapi/validator.ts';

const NBSP = 'TS29309_Nbsp_GBA.yaml';
const AKID = parseBtid('678AbCdEfGhIjKlMnOpQr@5gc.mnc015.mcc234.3gppnetwork.org');
const IMPI = parseImpi('001010123456789@home1.net');
const KEY = new SecretKey(Buffer.alloc(32, 0xab));
const textOf = (octets: Uint8Array) => Buffer.from(octets).toString('utf8');

const times = fc.integer({ min: 0, max: Date.UTC(9999, 11) });
const uint32s = fc.integer({ min: 0, max: 0xffffffff });
const texts = fc.string({ maxLength: 60 });
const optional = { requiredKeys: ['meKeyMaterial'] } satisfies { requiredKeys: ['meKeyMaterial'] };

const usses = fc.record(
  {
    gsId: uint32s,
    gsType: uint32s,
    ueIds: fc.array(fc.record({ ueId: texts }), { minLength: 1, maxLength: 3 }),
    nafGroup: texts,
    flags: fc.array(fc.record({ flag: uint32s }), { minLength: 1, maxLength: 3 }),
    keyChoice: fc.constantFrom('ME_BASED_KEY', 'UICC_BASED_KEY', 'ME_UICC_BASED_KEYS', 'LATER'),
  },
  { requiredKeys: ['gsId', 'gsType', 'ueIds'] },
);

const responses = fc.record(
  {
    meKeyMaterial: fc.constant(KEY),
    uiccKeyMaterial: fc.constant(KEY),
    keyExpiryTime: times,
    bootstrappingInfoCreationTime: times,
    ussList: fc.array(fc.record({ uss: usses }), { minLength: 1, maxLength: 2 }),
    gbaType: fc.constantFrom('3G_GBA', '2G_GBA', 'GBA_DIGEST', 'LATER'),
    impi: fc.constant(IMPI),
  },
  optional,
);

describeWith(OPENAPI, 'by 3GPP’s OpenAPI documents and a validator of others', () => {
  /** Plays all network functions at once. */
  let network: TestNetworkFunction;
  let client: SbiClient;
  let exchanges: Exchange[];
  let answer: Exchange['answer'];

  beforeAll(async () => {
    network = await TestNetworkFunction.start((stream, { method, path, headers, body }) => {
      const document = documentOf(path);
      const its = path.startsWith('/oauth2') ? TOKEN : path.startsWith('/nnrf-disc') ? found() : answer;
      exchanges.push({ document, method, path, headers, body, answer: its });
      stream.respond({
        ':status': its.status,
        'content-type': its.type ?? 'application/json',
        ...its.headers,
      });
      stream.end(its.body);
    });
    client = new SbiClient({ userAgent: 'AF-bmsc.home1.net', timeoutMs: 5000 });
  });
  beforeEach(() => {
    exchanges = [];
  });
  afterAll(async () => {
    client.close();
    await network.stop();
  });

  function sources() {
    const nrf = { apiRoot: network.apiRoot, ...NRF };
    const common = {
      client,
      now: () => NOW,
      apiRootOf: () => undefined,
      tokens: new AccessTokens(client, nrf, () => NOW),
      discovery: new Discovery(client, nrf, () => NOW),
    };
    return {
      bsf: new NbspKeySource({ ...common, nafFqdn: 'bmsc.home1.net', gbaU: true }),
      aanf: new NaanfKeySource({ ...common, afId: 'bmsc.home1.net0100000001' }),
    };
  }

  const TOKEN: Exchange['answer'] = {
    status: 200,
    body: JSON.stringify({ access_token: 'a.b.c', token_type: 'Bearer', expires_in: 3600 }),
    headers: { 'cache-control': 'no-store', pragma: 'no-cache' },
  };
  /** A search result with all that the document demands of one. */
  const found = (): Exchange['answer'] => {
    const services = ['nbsp-gba', 'naanf-akma'].map((serviceName) => ({
      serviceInstanceId: serviceName,
      serviceName,
      versions: [{ apiVersionInUri: 'v1', apiFullVersion: '1.1.0' }],
      scheme: 'http',
      nfServiceStatus: 'REGISTERED',
      ipEndPoints: [{ ipv4Address: '127.0.0.1', port: network.port }],
    }));
    const nfInstances = [
      { nfInstanceId: NRF.nfInstanceId, nfType: 'GBA_BSF', nfStatus: 'REGISTERED', nfServices: services },
    ];
    return { status: 200, body: JSON.stringify({ validityPeriod: 100, nfInstances }) };
  };

  it('a question to a BSF, its answer, the search and the token before it are right', async () => {
    const [response] = fc.sample(responses, { numRuns: 1, seed: 1 });
    answer = { status: 200, body: textOf(encodeBootstrappingInfoResponse(response ?? expect.fail())) };
    await sources().bsf.lookUp(BTID);
    expect(exchanges.map(({ path }) => path.split('?')[0])).toEqual([
      '/nnrf-disc/v1/nf-instances',
      '/oauth2/token',
      '/nbsp-gba/v1/bootstrapping-info-retrieval',
    ]);
    expect(faultsOf(exchanges)).toEqual([null, null, null]);
  });

  it('a question to an AAnF, its answer, the search and the token before it are right', async () => {
    const supi = 'imsi-234150999999999';
    const response = encodeApplicationKeyResponse({ kaf: KEY, expiry: NOW + 1, supi, gpsi: undefined });
    answer = { status: 200, body: textOf(response) };
    const { aanf } = sources();
    expect(await aanf.lookUp(AKID)).toMatchObject({ kind: 'found' });
    answer = { status: 204, body: '' };
    await aanf.lookUp(AKID);
    expect(faultsOf(exchanges)).toEqual([null, null, null, null]);
  });

  it.each([400, 403, 404, 500, 503])('problem details of %i are right', async (status) => {
    const body = textOf(encodeProblemDetails({ status, title: 'x', detail: 'y', cause: 'SYSTEM_FAILURE' }));
    answer = { status, body, type: PROBLEM_TYPE };
    await sources().bsf.lookUp(BTID);
    expect(faultsOf(exchanges.slice(-1))).toEqual([null]);
  });

  /** The question to the BSF that `lookUp` asks, with other answers. */
  async function answeredWith(bodies: readonly string[]): Promise<Exchange[]> {
    answer = { status: 200, body: '{}' };
    await sources().bsf.lookUp(BTID);
    const question = exchanges.at(-1) ?? expect.fail();
    return bodies.map((body) => ({ ...question, answer: { status: 200, body } }));
  }

  it('whatever a BSF of this product answers is right', async () => {
    const bodies = fc.sample(responses, 200).map((each) => textOf(encodeBootstrappingInfoResponse(each)));
    const faults = faultsOf(await answeredWith(bodies));
    expect(faults.filter((fault) => fault !== null)).toEqual([]);
  });

  it('what is wrong is refused by this product, too', async () => {
    const wrongs = fc.oneof(fc.jsonValue(), fc.constantFrom('ab'.repeat(31), 'AB'.repeat(32), '2026-11-26'));
    const member = fc.constantFrom(
      ...['meKeyMaterial', 'uiccKeyMaterial', 'keyExpiryTime', 'bootstrappingInfoCreationTime'],
      ...['ussList', 'gbaType', 'impi', 'later'],
    );
    const spoilt = fc.tuple(responses, member, wrongs).map(([response, name, wrong]) => {
      const value = JSON.parse(textOf(encodeBootstrappingInfoResponse(response)));
      return JSON.stringify({ ...value, [name]: wrong });
    });
    const bodies = fc.sample(spoilt, 300);
    const faults = faultsOf(await answeredWith(bodies));
    const taken = bodies.filter((body, index) => faults[index] !== null && isTaken(body));
    expect(taken).toEqual([]);
    expect(faults.filter((fault) => fault !== null).length).toBeGreaterThan(100);
  });

  it('the validator sees what is wrong in a question', async () => {
    const [exchange = expect.fail()] = await answeredWith(['{}']);
    const good = { ...exchange, answer: { status: 200, body: `{"meKeyMaterial":"${'ab'.repeat(32)}"}` } };
    const spoil = (from: string, to: string) => ({ ...good, body: good.body.replace(from, to) });
    expect(faultsOf([good, spoil('bmsc.home1.net', 'localhost'), spoil('0100000001', '01')])).toEqual([
      null,
      expect.stringContaining('RequestBody'),
      expect.stringContaining('RequestBody'),
    ]);
  });
});

function documentOf(path: string): string {
  if (path.startsWith('/oauth2')) return 'TS29510_Nnrf_AccessToken.yaml';
  if (path.startsWith('/nnrf-disc')) return 'TS29510_Nnrf_NFDiscovery.yaml';
  return path.startsWith('/naanf') ? 'TS29535_Naanf_AKMA.yaml' : NBSP;
}

function isTaken(body: string): boolean {
  try {
    return parseBootstrappingInfoResponse(Buffer.from(body)) !== undefined;
  } catch {
    return false;
  }
}
