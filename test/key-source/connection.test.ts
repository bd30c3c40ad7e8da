import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { type Answer, answerJson, TestNetworkFunction } from './network.ts';

const good: Answer = (stream) => answerJson(stream, 200, {});
const AUTHORIZATION = { authorization: 'Bearer token-1' };

let peer: TestNetworkFunction;
let client: SbiClient;
const closing: { stop(): unknown }[] = [];
beforeEach(async () => {
  peer = await TestNetworkFunction.start(good);
  client = new SbiClient({ userAgent: 'AF-bmsc.home1.net', timeoutMs: 300 });
});
afterEach(async () => {
  client.close();
  await peer.stop();
  await Promise.all(closing.splice(0).map((each) => each.stop()));
});

const call = (root = peer.apiRoot, headers = {}) =>
  client.call({ method: 'POST', url: new URL('/path', root), headers, body: Buffer.from('{}') });

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push({ stop: () => server.close() });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

/** A way to the peer on which nothing arrives any more, without a word, once it is cut. */
async function wireToPeer() {
  const sockets: Socket[] = [];
  const root = await listening(
    createServer((near) => {
      const far = connect(peer.port, '127.0.0.1');
      for (const socket of [near, far]) socket.on('error', () => undefined);
      near.pipe(far).pipe(near);
      sockets.push(near, far);
    }),
  );
  closing.push({ stop: () => sockets.forEach((each) => void each.destroy()) });
  const cut = () => {
    for (const socket of sockets) socket.unpipe().pause();
  };
  return { root, cut };
}

describe('a peer that is gone without a word', () => {
  it('costs the question that is asked, and the next one goes over another connection', async () => {
    const { root, cut } = await wireToPeer();
    await call(root);
    cut();
    await expect(call(root)).rejects.toMatchObject({ code: 'timeout' });
    expect(await call(root)).toMatchObject({ status: 200 });
    expect(peer.sessions).toHaveLength(2);
  });

  it('does not cost others that are asked at the same time their answers', async () => {
    let answer = () => undefined as unknown;
    peer.answer = (stream, { headers }) => {
      if (headers.which === 'slow') answer = () => good(stream, peer.received[0] as never);
    };
    const late = call(peer.apiRoot).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const slow = call(peer.apiRoot, { which: 'slow' });
    expect(await late).toMatchObject({ code: 'timeout' });
    answer();
    expect(await slow).toMatchObject({ status: 200 });
    expect(peer.sessions).toHaveLength(1);
  });
});

it('a peer that accepts connections and says nothing is a timeout, and its connection is closed', async () => {
  const sockets: Socket[] = [];
  const root = await listening(
    createServer((socket) => sockets.push(socket.on('error', () => undefined).resume())),
  );
  await expect(call(root)).rejects.toMatchObject({ code: 'timeout' });
  await vi.waitFor(() => expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true]));
});

it.each([
  ['HTTP/1.1', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['octets', 'x'.repeat(100)],
])('a peer that speaks %s is none', async (_, said) => {
  const root = await listening(createServer((socket) => void socket.on('error', () => undefined).end(said)));
  await expect(call(root)).rejects.toMatchObject({ name: 'SbiError' });
});

describe('a question that is on its way', () => {
  /** Does this to the first question of the kept connection, and answers the one after that. */
  const once = (spoil: Answer) => {
    peer.answer = (stream, received) => {
      peer.answer = good;
      spoil(stream, received);
    };
  };

  it.each<[string, Answer]>([
    ['the connection is closed', (stream) => stream.session?.destroy()],
    ['the peer sends GOAWAY with an error', (stream) => stream.session?.goaway(2, 0)],
    ['the peer sends GOAWAY and had not seen it', (stream) => stream.session?.goaway(0, 1)],
  ])('when %s is asked once more', async (_, spoil) => {
    await call();
    once(spoil);
    expect(await call()).toMatchObject({ status: 200 });
    expect(peer.sessions).toHaveLength(2);
  });

  it('when the peer says GOAWAY is answered, and the next one goes over another connection', async () => {
    once((stream, received) => {
      stream.session?.goaway();
      setTimeout(() => good(stream, received), 30);
    });
    expect(await call()).toMatchObject({ status: 200 });
    expect(await call()).toMatchObject({ status: 200 });
    expect(peer.sessions).toHaveLength(2);
  });

  it('is not asked for ever', async () => {
    peer.answer = (stream) => stream.session?.destroy();
    await call().catch(() => undefined);
    await expect(call()).rejects.toMatchObject({ code: 'connection-lost' });
    expect(peer.received.length).toBeLessThanOrEqual(3);
  });
});

it('credentials that are none are an error of its own', async () => {
  const tls = { certificate: '-----BEGIN CERTIFICATE-----\nx', key: '-----BEGIN PRIVATE KEY-----\nx' };
  const wrong = new SbiClient({ userAgent: 'AF', timeoutMs: 300, tls });
  const url = new URL('https://127.0.0.1:1/');
  await expect(wrong.call({ method: 'GET', url, headers: {} })).rejects.toMatchObject({
    code: 'wrong-credentials',
  });
});

describe('the access token of a question that is redirected', () => {
  const redirectTo = (root: string) => {
    peer.answer = (stream, { path }) => {
      peer.answer = good;
      answerJson(stream, 307, undefined, { location: new URL(path, root).href });
    };
  };

  it('goes along to the same origin', async () => {
    redirectTo(peer.apiRoot);
    await call(peer.apiRoot, AUTHORIZATION);
    expect(peer.received[1]?.headers).toMatchObject(AUTHORIZATION);
  });

  it('does not go to another one in cleartext', async () => {
    const other = await TestNetworkFunction.start(good);
    closing.push(other);
    redirectTo(other.apiRoot);
    expect(await call(peer.apiRoot, AUTHORIZATION)).toMatchObject({ status: 200 });
    expect(other.received[0]?.body).toBe('{}');
    expect(other.received[0]?.headers).not.toHaveProperty('authorization');
  });
});

it('redirections to ever other places leave at most 64 connections', async () => {
  const others = await Promise.all(Array.from({ length: 70 }, () => TestNetworkFunction.start(good)));
  closing.push(...others);
  for (const other of others) {
    peer.answer = (stream) => answerJson(stream, 307, undefined, { location: other.apiRoot });
    await call();
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  const open = [peer, ...others].flatMap(({ sessions }) => sessions.filter((session) => !session.destroyed));
  expect(open.length).toBeLessThanOrEqual(64);
});

it('a connection that is kept does not keep the process', async () => {
  const script = `
    import { SbiClient } from './lib/key-source/sbi/client.ts';
    const client = new SbiClient({ userAgent: 'AF', timeoutMs: 60_000 });
    const url = new URL('${peer.apiRoot}');
    console.log((await client.call({ method: 'GET', url, headers: {} })).status);`;
  const args = ['--input-type=module', '--experimental-strip-types', '--no-warnings', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 10_000 });
  expect(stdout).toBe('200\n');
});
