import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeMskResponse } from '../../lib/key-management/payload/msk-request.ts';
import { encodeRegisterResponse } from '../../lib/key-management/payload/register.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { httpPost } from '../../lib/ue/http-post.ts';
import { createKeyRequests, type KeyRequests } from '../../lib/ue/key-requests.ts';
import { listen } from '../../local/aws/listen.ts';

const DOMAIN = parseKeyDomainId('00f110');
const key = (keyGroup: number, keyNumber: number) => ({
  keyDomainId: DOMAIN,
  mskId: { keyGroup, keyNumber },
});

/** A request, and the BM-SC's answer. */
let target = '';
let answer: (response: ServerResponse) => void;
let server: Server;
let requests: KeyRequests;
let origin = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    target = request.url ?? '';
    request.resume();
    request.on('end', () => answer(response));
  });
  origin = `http://127.0.0.1:${await listen(server, 0)}`;
  const post = (url: URL, contentType: string, body: string) =>
    httpPost(url, { 'content-type': contentType }, body);
  requests = createKeyRequests({ post }, new URL(`${origin}/keymanagement?tenant=1`), {
    'mikey-port': '40001',
  });
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('a 200 without a body grants every item, and the Request-URI has all its parameters', async () => {
  answer = (response) => response.end();
  expect(await requests.register(['urn:a', 'urn:b'])).toEqual([
    { serviceId: 'urn:a', responseCode: 200 },
    { serviceId: 'urn:b', responseCode: 200 },
  ]);
  expect(target).toBe('/keymanagement?tenant=1&requesttype=register&mikey-port=40001');
  expect(await requests.requestMsks([key(1, 0)])).toEqual([{ ...key(1, 0), responseCode: 200 }]);
});

test('answers come in the order of the request, whatever order they had', async () => {
  answer = (response) =>
    response.end(
      encodeMskResponse([
        { ...key(2, 7), responseCode: 403 },
        { ...key(1, 0), responseCode: 200 },
      ]),
    );
  expect(
    (await requests.requestMsks([key(1, 0), key(2, 7)])).map(({ responseCode }) => responseCode),
  ).toEqual([200, 403]);
});

test.each([
  ['says nothing of one item', () => encodeRegisterResponse([{ serviceId: 'urn:a', responseCode: 200 }])],
  ['is no payload', () => 'hello'],
])('an answer that %s is a bad one', async (_, body) => {
  answer = (response) => response.end(body());
  await expect(requests.deregister(['urn:a', 'urn:b'])).rejects.toMatchObject({
    name: 'UeError',
    code: 'bad-answer',
  });
});

test('any other status is a refusal with the status and the reason', async () => {
  answer = (response) => response.writeHead(413).end('too large\n');
  await expect(requests.register(['urn:a'])).rejects.toMatchObject({
    code: 'refused',
    status: 413,
    message: 'the BM-SC answered 413: too large',
  });
});

test.each([
  ['breaks off', (response: ServerResponse) => void response.socket?.destroy()],
  [
    'breaks off in its body',
    (response: ServerResponse) => {
      response.writeHead(200, { 'content-length': '100' }).write('some', () => response.socket?.destroy());
    },
  ],
  ['is endless', (response: ServerResponse) => void response.end(Buffer.alloc(1_100_000))],
])('an answer that %s is none', async (_, how) => {
  answer = how;
  await expect(requests.register(['urn:a'])).rejects.toMatchObject({ code: 'no-answer' });
});

test('the error names a BM-SC that does not answer', async () => {
  const url = new URL('http://127.0.0.1:9/keymanagement');
  await expect(httpPost(url, {}, '')).rejects.toMatchObject({
    code: 'no-answer',
    message: expect.stringContaining('http://127.0.0.1:9 did not answer'),
  });
});
