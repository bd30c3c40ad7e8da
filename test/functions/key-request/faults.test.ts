import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { Context } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { KEY_REQUEST_VARIABLE } from '../../../functions/environment-variables.ts';
import { parseKeyDomainId } from '../../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { putMsk } from '../../../lib/store/key-group/key-group.ts';
import { putUserService } from '../../../lib/store/registration/user-service.ts';
import { DigestClient } from '../../../lib/ue/digest-client.ts';
import { httpPost } from '../../../lib/ue/http-post.ts';
import { createKeyRequests } from '../../../lib/ue/key-requests.ts';
import { listen } from '../../../local/aws/listen.ts';
import {
  type DeployedFunction,
  provisionUe,
  startDeployedFunction,
} from '../../front-door/deployed-function.ts';
import type { Gateway } from '../../front-door/gateways/gateway.ts';
import { startHttpApi } from '../../front-door/gateways/http-api.ts';

const SERVICE = 'urn:example:faults';
const DYNAMODB = 'DynamoDB_';
const EVENT_BRIDGE = 'AWSEvents.';
const KMS = 'TrentService.';
const SECRETS = 'secretsmanager.';

const MSK = new SecretKey(randomBytes(16));

/** What a service of AWS says of itself when it fails: nothing of a UE's concern. */
const DETAIL = 'arn:aws:internal:detail';

let deployed: DeployedFunction;
/** Between the function and AWS: services whose targets begin so fail. */
let failing: string | undefined;
let aws: Server;
let awsUrl: string;
let gateway: Gateway;
/** All that the function wrote. */
let written: string[];

beforeAll(async () => {
  deployed = await startDeployedFunction();
  const keyGroup = { keyDomainId: parseKeyDomainId('00f110'), keyGroup: 1 };
  await putUserService(deployed.store, { serviceId: SERVICE, keyGroups: [keyGroup] });
  await putMsk(deployed.store, keyGroup, { keyNumber: 1, msk: MSK, validity: FULL_VALIDITY });
  aws = createServer(async (request, response) => {
    const target = String(request.headers['x-amz-target']);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    if (failing !== undefined && target.startsWith(failing)) {
      response.writeHead(500, { 'content-type': 'application/x-amz-json-1.0' });
      return void response.end(JSON.stringify({ __type: 'InternalFailure', message: DETAIL }));
    }
    const type = String(request.headers['content-type']);
    const signed = ['x-amz-target', 'x-amz-date', 'authorization'].map((name) => [
      name,
      String(request.headers[name]),
    ]);
    const answer = await fetch(deployed.system.endpointUrl, {
      method: 'POST',
      headers: { ...Object.fromEntries(signed), 'content-type': type },
      body: Buffer.concat(chunks),
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? type });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  awsUrl = `http://127.0.0.1:${await listen(aws, 0)}`;
});
afterAll(async () => {
  aws?.closeAllConnections();
  aws?.close();
  await deployed?.system.close();
});

beforeEach(async () => {
  failing = undefined;
  written = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
  vi.resetModules();
  delete process.env[KEY_REQUEST_VARIABLE.originSecretArn];
  Object.assign(process.env, { AWS_ENDPOINT_URL: awsUrl, LOG_LEVEL: 'DEBUG' });
});
afterEach(async () => {
  vi.restoreAllMocks();
  process.env.AWS_ENDPOINT_URL = deployed.system.endpointUrl;
  await gateway?.close();
});

/** An instance of the function, which has not initialised yet, behind a gateway. */
async function startInstance(): Promise<void> {
  const { handler } = await import('../../../functions/key-request/index.ts');
  gateway = await startHttpApi((event) => handler(event, { awsRequestId: 'test' } as Context));
}

/** A subscriber with an association, and what it does. */
async function newUe() {
  const { btid, ksNaf, keys } = await provisionUe(deployed.store, SERVICE);
  const association = { btid, nafFqdn: deployed.system.nafFqdn, ...keys };
  const client: DigestClient = new DigestClient(association, httpPost, (length) => randomBytes(length));
  const requests = createKeyRequests(client, new URL(`${gateway.url}/keymanagement`), {});
  return { register: () => requests.register([SERVICE]), secrets: [MSK, ksNaf, keys.muk, keys.mrk] };
}

const REGISTERED = [{ serviceId: SERVICE, responseCode: 200 }];

test.each([
  ['DynamoDB, from the first moment', DYNAMODB, false],
  ['DynamoDB, later on', DYNAMODB, true],
  ['the bus', EVENT_BRIDGE, true],
  ['KMS, from the first moment', KMS, false],
  ['Secrets Manager, from the first moment', SECRETS, false],
])(
  'when %s fails, the answer asks a UE to try again and says nothing else; then the UE is served, and no key is in any log',
  async (_, service, isLater) => {
    if (!isLater) failing = service;
    await startInstance();
    const { register, secrets } = await newUe();
    if (isLater) expect(await register()).toEqual(REGISTERED);
    failing = service;
    const refused = register();
    await expect(refused).rejects.toMatchObject({
      name: 'UeError',
      code: 'refused',
      status: 503,
      message: 'the BM-SC answered 503: the key management function is not available, try again',
    });
    const answer = await httpPost(new URL(`${gateway.url}/keymanagement?requesttype=none`), {}, '');
    expect(JSON.stringify(answer.headers) + Buffer.from(answer.body)).not.toContain(DETAIL);
    failing = undefined;
    expect(await register()).toEqual(REGISTERED);

    const log = written.join('');
    expect(log).toContain('"message":"key request failed"');
    expect(log).toContain(DETAIL);
    for (const secret of secrets) {
      const octets = Buffer.from(secret.exposeOctets());
      for (const form of [octets.toString('hex'), octets.toString('base64'), [...octets].join(',')])
        expect(log.includes(form)).toBe(false);
    }
  },
);
