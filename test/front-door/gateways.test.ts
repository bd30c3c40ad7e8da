import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { LOCAL_CREDENTIALS } from '../../cli/local/aws/endpoint.ts';
import { type LocalSystem, startLocalSystem } from '../../cli/local/system.ts';
import { requestOfEvent } from '../../lib/front-door/index.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadAssociation } from '../../lib/store/association.ts';
import { putMsk } from '../../lib/store/key-group.ts';
import { putAssociation, putSubscription } from '../../lib/store/subscriber.ts';
import { putUserService } from '../../lib/store/user-service.ts';
import { UeError } from '../../lib/ue/errors.ts';
import { startUe } from '../../lib/ue/ue.ts';
import { propertiesOf, resources, synthesize } from '../cdk/templates.ts';
import { freePorts } from '../free-ports.ts';
import { startCloudFront } from './gateways/cloudfront.ts';
import type { Gateway, Invoke } from './gateways/gateway.ts';
import { type ResponseParameter, startHttpApi } from './gateways/http-api.ts';
import { startLoadBalancer } from './gateways/load-balancer.ts';
import { startRestApi } from './gateways/rest-api.ts';

const SERVICE = 'urn:example:gateways';
const DOMAIN = parseKeyDomainId('00f110');
const KEY_GROUP = { keyDomainId: DOMAIN, keyGroup: 1 };

let system: LocalSystem;
/** The deployed handler in this process: without an edge, and with one. */
let plain: Invoke;
let behindEdge: Invoke;
let originSecret: string;
const open: Gateway[] = [];

const store = () => ({
  dynamodb: new DynamoDBClient({
    endpoint: system.endpointUrl,
    region: 'us-east-1',
    credentials: LOCAL_CREDENTIALS,
  }),
  tableName: system.outputs.TableName ?? '',
});

beforeAll(async () => {
  system = await startLocalSystem(await freePorts(), () => {});
  Object.assign(process.env, system.lambda.environment, { LOG_LEVEL: 'SILENT' });
  await putUserService(store(), { serviceId: SERVICE, keyGroups: [KEY_GROUP] });
  await putMsk(store(), KEY_GROUP, {
    keyNumber: 1,
    msk: new SecretKey(randomBytes(16)),
    validity: FULL_VALIDITY,
  });
  plain = await loadHandler();
  const secretArn = process.env.BMSC_NONCE_SECRET_ARN ?? '';
  process.env.BMSC_ORIGIN_SECRET_ARN = secretArn;
  const { SecretString = '' } = await new SecretsManagerClient({}).send(
    new GetSecretValueCommand({ SecretId: secretArn }),
  );
  originSecret = SecretString;
  behindEdge = await loadHandler();
});

afterAll(async () => {
  for (const gateway of open) await gateway.close();
  await system?.close();
});

/** An instance of the function of its own, as a new Lambda environment is; its first event has it read its settings. */
async function loadHandler(): Promise<Invoke> {
  vi.resetModules();
  const { handler } = await import('../../functions/key-request/index.ts');
  const invoke: Invoke = (event) => handler(event, CONTEXT);
  await invoke(WARM_UP);
  return invoke;
}

const CONTEXT = { awsRequestId: 'test' } as Context;

const WARM_UP = {
  version: '2.0',
  rawPath: '/',
  rawQueryString: '',
  headers: {},
  requestContext: { requestId: 'warm-up', http: { method: 'GET', sourceIp: '192.0.2.1' } },
};

/** Registers and asks for the current MSK through a gateway, with a subscriber of its own. */
async function runUe(gateway: Gateway, query = '') {
  const impi = parseImpi(`${randomBytes(6).toString('hex')}@home1.net`);
  const btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
  const keys = mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(randomBytes(32)) });
  await putSubscription(store(), impi, SERVICE);
  const now = Date.now();
  await putAssociation(store(), {
    btid,
    impi,
    gbaType: 'GBA_ME',
    ...keys,
    bootstrappedAt: now,
    expiresAt: now + 3_600_000,
  });
  const ue = await startUe({
    association: { btid, nafFqdn: system.nafFqdn, ...keys },
    keyManagementUrl: new URL(`${gateway.url}/keymanagement${query}`),
    listen: { address: '127.0.0.1', port: 0 },
    randomOctets: (length) => randomBytes(length),
    onEvent: () => {},
  });
  try {
    const registered = await ue.register([SERVICE]);
    const requested = await ue.requestMsks([{ keyDomainId: DOMAIN, mskId: mskId(1, 0) }]);
    await expect.poll(() => ue.ring.list().length, { timeout: 5000 }).toBe(1);
    return {
      codes: [...registered, ...requested].map(({ responseCode }) => responseCode),
      ueAddress: (await loadAssociation(store(), btid))?.ueAddress?.address,
    };
  } finally {
    await ue.close();
  }
}

async function started(gateway: Promise<Gateway>): Promise<Gateway> {
  open.push(await gateway);
  return gateway;
}

/** The mapping as the deployed template has it. */
function deployedMapping(): Readonly<Record<string, readonly ResponseParameter[]>> {
  const { service } = synthesize();
  const [id = ''] = Object.keys(resources(service, 'AWS::ApiGatewayV2::Integration'));
  const { ResponseParameters } = propertiesOf<{
    ResponseParameters: Record<string, { ResponseParameters: ResponseParameter[] }>;
  }>(service, 'AWS::ApiGatewayV2::Integration', id);
  return Object.fromEntries(
    Object.entries(ResponseParameters).map(([status, mapping]) => [status, mapping.ResponseParameters]),
  );
}

/** The names of the headers of a 401, as they come over the wire. */
function challengeHeaders({ url }: Gateway): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${url}/keymanagement?requesttype=register`,
      { method: 'POST', headers: { 'content-type': 'application/mbms-register+xml' } },
      (response) => {
        response.resume();
        resolve(Object.keys(response.headers));
      },
    );
    request.on('error', reject);
    request.end();
  });
}

const QUERIES = ['?a=%2B%20b', '?a+b=c+d', '?x=1&x=2', '?empty=&also', '?uni=%C3%BC'];

describe('a UE registers and gets its MSK through', () => {
  test('an HTTP API', async () => {
    expect((await runUe(await started(startHttpApi(plain)))).codes).toEqual([200, 200]);
  });

  test.each(QUERIES)('an HTTP API, with the query %s', async (query) => {
    expect((await runUe(await started(startHttpApi(plain)), query)).codes).toEqual([200, 200]);
  });

  test('an HTTP API that renames the challenge, by the mapping that is deployed', async () => {
    const responseParameters = deployedMapping();
    const gateway = await started(startHttpApi(plain, { renamesChallenge: true, responseParameters }));
    expect((await runUe(gateway)).codes).toEqual([200, 200]);
  });

  test.each([true, false])('a load balancer, multi-value headers %s', async (multiValue) => {
    const gateway = await started(startLoadBalancer(plain, { multiValue }));
    expect((await runUe(gateway)).codes).toEqual([200, 200]);
  });

  test.each(QUERIES)('a load balancer as deployed, with the query %s', async (query) => {
    const gateway = await started(startLoadBalancer(plain, { multiValue: true }));
    expect((await runUe(gateway, query)).codes).toEqual([200, 200]);
  });

  test('CloudFront before an HTTP API, and is where CloudFront saw it', async () => {
    const api = await started(startHttpApi(behindEdge, { responseParameters: deployedMapping() }));
    const customHeaders = { 'x-bmsc-origin-secret': originSecret };
    const { codes, ueAddress } = await runUe(await started(startCloudFront(api.url, { customHeaders })));
    expect(codes).toEqual([200, 200]);
    expect(ueAddress).toBe('127.0.0.1');
  });
});

describe('no UE is served through', () => {
  test('a REST API: it renames the challenge, so that no client sees one', async () => {
    const gateway = await started(startRestApi(plain));
    expect(await challengeHeaders(gateway)).toContain('x-amzn-remapped-www-authenticate');
    expect(await challengeHeaders(gateway)).not.toContain('www-authenticate');
    await expect(runUe(gateway)).rejects.toThrow(UeError);
  });

  test('an HTTP API that renames the challenge, without the mapping', async () => {
    const gateway = await started(startHttpApi(plain, { renamesChallenge: true }));
    await expect(runUe(gateway)).rejects.toThrow(UeError);
  });

  test('an HTTP API past the edge', async () => {
    const gateway = await started(startHttpApi(behindEdge));
    await expect(runUe(gateway)).rejects.toThrow(/403/);
  });

  test('a REST API with a CloudFront function that restores the challenge: it does not run on a 401', async () => {
    const api = await started(startRestApi(plain));
    let ran = 0;
    const gateway = await started(
      startCloudFront(api.url, {
        viewerResponse: (answer) => {
          ran += 1;
          return answer;
        },
      }),
    );
    await expect(runUe(gateway)).rejects.toThrow(UeError);
    expect(ran).toBe(0);
  });
});

describe('the octets of a body come through', () => {
  const UTF8 = Buffer.from('PG1zaz4= ü\r\n');
  const ANY = Buffer.from([0x00, 0xff, 0xfe, 0x80, 0x0a]);
  test.each([
    ['an HTTP API', (invoke: Invoke) => startHttpApi(invoke), ANY],
    ['a load balancer', (invoke: Invoke) => startLoadBalancer(invoke, { multiValue: true }), ANY],
    ['a REST API with binary media types', (invoke: Invoke) => startRestApi(invoke, { binary: true }), ANY],
    ['a REST API without', (invoke: Invoke) => startRestApi(invoke), UTF8],
  ])('%s', async (_, start, body) => {
    const bodies: Uint8Array[] = [];
    const gateway = await started(
      start(async (event) => {
        bodies.push(requestOfEvent(event).body);
        return { statusCode: 204, headers: {}, multiValueHeaders: {} };
      }),
    );
    await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/mbms-msk+xml' },
      body: Uint8Array.from(body),
    });
    expect(bodies.map((octets) => Buffer.from(octets))).toEqual([body]);
  });
});
