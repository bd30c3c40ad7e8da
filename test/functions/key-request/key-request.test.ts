import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { KEY_REQUEST_VARIABLE } from '../../../functions/environment-variables.ts';
import { type DeployedFunction, startDeployedFunction } from '../../front-door/deployed-function.ts';

let deployed: DeployedFunction;
beforeAll(async () => {
  deployed = await startDeployedFunction();
});
afterAll(() => deployed?.system.close());

const AUTHORIZATION =
  'Digest username="AAAAAAAAAAAAAAAAAAAAAA==@bsf.home1.net", realm="3GPP-bootstrapping@bmsc.home1.net", nonce="n", ' +
  'uri="/keymanagement?requesttype=register", response="00000000000000000000000000000000", qop=auth-int, nc=00000001, cnonce="c"';

const event = (change: object = {}) => ({
  version: '2.0',
  rawPath: '/keymanagement',
  rawQueryString: 'requesttype=register',
  headers: { 'content-type': 'application/mbms-register+xml', authorization: AUTHORIZATION },
  body: 'AAAA',
  isBase64Encoded: false,
  requestContext: { requestId: 'r', http: { method: 'POST', sourceIp: '192.0.2.7' } },
  ...change,
});

test('a store that fails is a 503 that asks to try again, and says nothing of the cause', async () => {
  vi.resetModules();
  const { AWS_ENDPOINT_URL_DYNAMODB: endpoint } = process.env;
  delete process.env[KEY_REQUEST_VARIABLE.originSecretArn];
  // Nothing listens there.
  process.env.AWS_ENDPOINT_URL_DYNAMODB = 'http://127.0.0.1:9';
  try {
    const { handler } = await import('../../../functions/key-request/index.ts');
    const answer = await handler(event(), { awsRequestId: 'test' } as Context);
    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
    expect(JSON.stringify(answer)).not.toMatch(/ECONNREFUSED|127\.0\.0\.1|DynamoDB|table/i);
  } finally {
    if (endpoint === undefined) delete process.env.AWS_ENDPOINT_URL_DYNAMODB;
    else process.env.AWS_ENDPOINT_URL_DYNAMODB = endpoint;
  }
});

test('credentials of nobody are challenged, with the challenge twice', async () => {
  const answer = await deployed.plain(event());
  expect(answer).toMatchObject({ statusCode: 401 });
  const { headers } = answer as { headers: Record<string, string> };
  expect(headers['www-authenticate']).toMatch(/^Digest realm="3GPP-bootstrapping@bmsc.home1.net"/);
  expect(headers['x-bmsc-challenge']).toBe(headers['www-authenticate']);
});

test.each([
  ['a body that is not the Base64 that its flag says', event({ body: '*', isBase64Encoded: true }), 400],
  ['an event that no gateway makes', { hello: 'world' }, 503],
])('%s is answered', async (_, input, statusCode) => {
  expect(await deployed.plain(input)).toMatchObject({ statusCode });
});
