import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestOfEvent } from '../../lib/front-door/index.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import { UeError } from '../../lib/ue/errors.ts';
import { startUe } from '../../lib/ue/ue.ts';
import { propertiesOf, resources, synthesize } from '../cdk/templates.ts';
import { type DeployedFunction, provisionUe, startDeployedFunction } from './deployed-function.ts';
import { startCloudFront } from './gateways/cloudfront.ts';
import type { Gateway, Invoke } from './gateways/gateway.ts';
import { type ResponseParameter, startHttpApi } from './gateways/http-api.ts';
import { startLoadBalancer } from './gateways/load-balancer.ts';
import { startRestApi } from './gateways/rest-api.ts';

const SERVICE = 'urn:example:gateways';
const DOMAIN = parseKeyDomainId('00f110');
const KEY_GROUP = { keyDomainId: DOMAIN, keyGroup: 1 };

let deployed: DeployedFunction;
const open: Gateway[] = [];

beforeAll(async () => {
  deployed = await startDeployedFunction();
  const { store } = deployed;
  await putUserService(store, { serviceId: SERVICE, keyGroups: [KEY_GROUP] });
  const msk = new SecretKey(randomBytes(16));
  await putMsk(store, KEY_GROUP, { keyNumber: 1, msk, validity: FULL_VALIDITY });
});

afterAll(async () => {
  for (const gateway of open) await gateway.close();
  await deployed?.system.close();
});

/** Registers and asks for the current MSK through a gateway, with a subscriber of its own. */
async function runUe(gateway: Gateway, query = '') {
  const { system, store } = deployed;
  const { btid, keys } = await provisionUe(store, SERVICE);
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
      ueAddress: (await loadAssociation(store, btid))?.ueAddress?.address,
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

/** The header names of a 401, as sent over the wire. */
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
    expect((await runUe(await started(startHttpApi(deployed.plain)))).codes).toEqual([200, 200]);
  });

  test.each(QUERIES)('an HTTP API, with the query %s', async (query) => {
    expect((await runUe(await started(startHttpApi(deployed.plain)), query)).codes).toEqual([200, 200]);
  });

  test('an HTTP API that renames the challenge, by the mapping that is deployed', async () => {
    const responseParameters = deployedMapping();
    const gateway = await started(
      startHttpApi(deployed.plain, { renamesChallenge: true, responseParameters }),
    );
    expect((await runUe(gateway)).codes).toEqual([200, 200]);
  });

  test.each([true, false])('a load balancer, multi-value headers %s', async (multiValue) => {
    const gateway = await started(startLoadBalancer(deployed.plain, { multiValue }));
    expect((await runUe(gateway)).codes).toEqual([200, 200]);
  });

  test.each(QUERIES)('a load balancer as deployed, with the query %s', async (query) => {
    const gateway = await started(startLoadBalancer(deployed.plain, { multiValue: true }));
    expect((await runUe(gateway, query)).codes).toEqual([200, 200]);
  });

  test('CloudFront before an HTTP API, and is where CloudFront saw it', async () => {
    const api = await started(startHttpApi(deployed.behindEdge, { responseParameters: deployedMapping() }));
    const customHeaders = { 'x-bmsc-origin-secret': deployed.originSecret };
    const { codes, ueAddress } = await runUe(await started(startCloudFront(api.url, { customHeaders })));
    expect(codes).toEqual([200, 200]);
    expect(ueAddress).toBe('127.0.0.1');
  });
});

describe('no UE is served through', () => {
  test('a REST API: it renames the challenge, so that no client sees one', async () => {
    const gateway = await started(startRestApi(deployed.plain));
    expect(await challengeHeaders(gateway)).toContain('x-amzn-remapped-www-authenticate');
    expect(await challengeHeaders(gateway)).not.toContain('www-authenticate');
    await expect(runUe(gateway)).rejects.toThrow(UeError);
  });

  test('an HTTP API that renames the challenge, without the mapping', async () => {
    const gateway = await started(startHttpApi(deployed.plain, { renamesChallenge: true }));
    await expect(runUe(gateway)).rejects.toThrow(UeError);
  });

  test('an HTTP API past the edge', async () => {
    const gateway = await started(startHttpApi(deployed.behindEdge));
    await expect(runUe(gateway)).rejects.toThrow(/403/);
  });

  test('a REST API with a CloudFront function that restores the challenge: it does not run on a 401', async () => {
    const api = await started(startRestApi(deployed.plain));
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
