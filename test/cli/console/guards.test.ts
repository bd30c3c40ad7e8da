import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ConsoleServer } from '../../../cli/console/server.ts';
import { type Answer, openConsole, send, sessionOf } from './http.ts';

let served: ConsoleServer;
let readOnly: ConsoleServer;

beforeAll(async () => {
  served = await openConsole();
  readOnly = await openConsole({ isReadOnly: true });
});
afterAll(() => Promise.all([served?.close(), readOnly?.close()]));

const codeOf = ({ json }: Answer) => json.error?.code;

test('the page is served with a policy that allows no inline script and no other host', async () => {
  const { status, headers, text } = await send(served, 'GET', '/');
  expect(status).toBe(200);
  const policy = String(headers['content-security-policy']).split('; ');
  expect(policy).toEqual(expect.arrayContaining(["default-src 'none'", "script-src 'self'"]));
  expect(policy).toEqual(expect.arrayContaining(["frame-ancestors 'none'", "style-src 'self'"]));
  expect(policy.join()).not.toMatch(/unsafe|https?:|\*/);
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  expect(text).not.toMatch(/<script(?![^>]* src="\/)|<style|\son\w+=|style="|https?:\/\//);
});

test('every answer has the policy: files, data, refusals', async () => {
  for (const path of ['/', '/main.js', '/style.css', '/vendor/lit-html.js', '/api/echo/a', '/none'])
    expect((await send(served, 'GET', path)).headers).toHaveProperty('content-security-policy');
});

test('a name that another site points here is refused, whatever else is right', async () => {
  const session = await sessionOf(served);
  for (const host of ['evil.example', `evil.example:${served.port}`, '127.0.0.1', 'localhost:1'])
    expect(codeOf(await send(served, 'GET', '/api/echo/a', { session, headers: { host } }))).toBe(
      'wrong-host',
    );
  const localhost = { host: `localhost:${served.port}` };
  expect((await send(served, 'GET', '/api/echo/a', { session, headers: localhost })).status).toBe(200);
});

test('a request without a Host is refused', async () => {
  const socket = connect(served.port, '127.0.0.1');
  socket.end('GET / HTTP/1.0\r\n\r\n');
  const chunks = await socket.toArray();
  expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1.1 421 .*"wrong-host"/s);
});

test('a request of another site is refused with the right session, too', async () => {
  const session = await sessionOf(served);
  for (const origin of ['https://evil.example', 'null', `http://127.0.0.1:${served.port + 1}`]) {
    const answers = [
      await send(served, 'POST', '/api/echo', { session, headers: { origin }, body: {} }),
      await send(served, 'GET', '/api/echo/a', { session, headers: { origin } }),
    ];
    expect(answers.map(codeOf)).toEqual(['wrong-origin', 'wrong-origin']);
  }
  const crossSite = { 'sec-fetch-site': 'cross-site' };
  expect(codeOf(await send(served, 'GET', '/main.js', { headers: crossSite }))).toBe('wrong-origin');
  expect((await send(served, 'GET', '/', { headers: crossSite })).status).toBe(200);
});

test('a POST must name the console itself as its origin', async () => {
  const session = await sessionOf(served);
  const without = { session, headers: { origin: undefined }, body: {} };
  expect(codeOf(await send(served, 'POST', '/api/echo', without))).toBe('wrong-origin');
  expect((await send(served, 'POST', '/api/echo', { session, body: { a: 1 } })).json).toEqual({
    got: { a: 1 },
  });
});

test('a POST must be JSON, and bounded: a form of another site is neither', async () => {
  const session = await sessionOf(served);
  const form = { 'content-type': 'text/plain' };
  expect(codeOf(await send(served, 'POST', '/api/echo', { session, headers: form, body: {} }))).toBe(
    'bad-body',
  );
  const long = { a: 'x'.repeat(300_000) };
  expect(codeOf(await send(served, 'POST', '/api/echo', { session, body: long }))).toBe('bad-body');
});

test('without a session there is no data', async () => {
  expect(codeOf(await send(served, 'GET', '/api/echo/a'))).toBe('no-session');
  expect(codeOf(await send(served, 'GET', '/api/echo/a', { session: 'x' }))).toBe('no-session');
  const ofAnother = await sessionOf(readOnly);
  expect(codeOf(await send(served, 'POST', '/api/echo', { session: ofAnother, body: {} }))).toBe(
    'no-session',
  );
});

test('a link opens one session, and the one before it none', async () => {
  const tokenOf = (link: string) => ({ token: link.split('#link=')[1] });
  const [first, second] = [served.newLink(), served.newLink()].map(tokenOf);
  const open = (body: unknown) => send(served, 'POST', '/api/session', { body });
  expect(codeOf(await open(first))).toBe('used-link');
  expect((await open(second)).json).toEqual({
    session: expect.stringMatching(/^\S{43}$/),
    isReadOnly: false,
  });
  expect(codeOf(await open(second))).toBe('used-link');
  expect(codeOf(await open({ token: 7 }))).toBe('used-link');
});

test('with --read-only nothing can be changed', async () => {
  const session = await sessionOf(readOnly);
  expect(codeOf(await send(readOnly, 'POST', '/api/echo', { session, body: {} }))).toBe('read-only');
  expect((await send(readOnly, 'GET', '/api/echo/a', { session })).json).toEqual({ got: 'a' });
});

test('no path leads out of the page', async () => {
  const paths = [
    '/../server.ts',
    '/%2e%2e/server.ts',
    '/..%2fserver.ts',
    '/page/../../server.ts',
    '//etc/passwd',
  ];
  for (const path of [...paths, '/vendor/../main.js', '/index.html', '/constructor', '/__proto__'])
    expect(await send(served, 'GET', path)).toMatchObject({
      status: 404,
      json: { error: { code: 'not-found' } },
    });
});

test('a part of a path is decoded once, and other methods are refused', async () => {
  const session = await sessionOf(served);
  expect((await send(served, 'GET', '/api/echo/a%2Fb%2540', { session })).json).toEqual({ got: 'a/b%40' });
  expect((await send(served, 'GET', '/api/echo/%ff', { session })).status).toBe(404);
  for (const method of ['PUT', 'DELETE', 'OPTIONS'])
    expect(codeOf(await send(served, method, '/api/echo/a', { session }))).toBe('wrong-method');
});

test('an error is told by its code and message, without a stack', async () => {
  const session = await sessionOf(served);
  const { status, text } = await send(served, 'GET', '/api/broken', { session });
  expect({ status, text }).toEqual({
    status: 502,
    text: '{"error":{"code":"Error","message":"the table is away"}}',
  });
});

test('a port that is taken is told', async () => {
  await expect(openConsole({ port: served.port })).rejects.toThrow('is it taken?');
});
