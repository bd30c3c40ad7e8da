import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { answerJson, TestNetworkFunction } from './network.ts';

let peer: TestNetworkFunction;
let client: SbiClient;
let sockets: Socket[];
let root: string;
let stopWire: () => void;

/** Nothing arrives any more, without a word, on the connections that are open now. */
const cut = () => sockets.splice(0).forEach((each) => void each.unpipe().pause());
const call = () => client.call({ method: 'GET', url: new URL(root), headers: {} });

beforeEach(async () => {
  peer = await TestNetworkFunction.start((stream) => answerJson(stream, 200, {}));
  client = new SbiClient({ userAgent: 'AF-bmsc.home1.net', timeoutMs: 5000 });
  sockets = [];
  const all: Socket[] = [];
  const wire = createServer((near) => {
    const far = connect(peer.port, '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far).pipe(near);
    sockets.push(near, far);
    all.push(near, far);
  }).listen(0, '127.0.0.1');
  await once(wire, 'listening');
  const address = wire.address();
  root = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  stopWire = () => {
    for (const socket of all) socket.destroy();
    wire.close();
  };
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(async () => {
  vi.useRealTimers();
  client.close();
  stopWire();
  await peer.stop();
});

describe('a connection that was idle', () => {
  it.each([
    ['for a while', 6000],
    ['while the clock went back', -60_000],
  ])('%s and is gone costs no question', async (_, ms) => {
    await call();
    cut();
    vi.setSystemTime(Date.now() + ms);
    const before = performance.now();
    expect(await call()).toMatchObject({ status: 200 });
    expect(performance.now() - before).toBeLessThan(2000);
    expect(peer.sessions).toHaveLength(2);
  });

  it('and is gone is replaced by one for many questions', async () => {
    await call();
    cut();
    vi.setSystemTime(Date.now() + 6000);
    const answers = await Promise.all(Array.from({ length: 30 }, call));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(peer.sessions).toHaveLength(2);
  });

  it('and is gone costs no more time than a question may take', async () => {
    const hurried = new SbiClient({ userAgent: 'AF-bmsc.home1.net', timeoutMs: 400 });
    const ask = () => hurried.call({ method: 'GET', url: new URL(root), headers: {} });
    await ask();
    cut();
    vi.setSystemTime(Date.now() + 6000);
    await expect(ask()).rejects.toMatchObject({ code: 'timeout' });
    expect(peer.received).toHaveLength(1);
    hurried.close();
  });

  it('and is still there is used on', async () => {
    await call();
    vi.setSystemTime(Date.now() + 60_000);
    await Promise.all(Array.from({ length: 30 }, call));
    expect(peer.sessions).toHaveLength(1);
  });
});

it('a server can’t push', async () => {
  await call();
  expect(peer.sessions[0]?.remoteSettings).toMatchObject({ enablePush: false });
});

it('a client that was closed opens no connection', async () => {
  client.close();
  await expect(call()).rejects.toMatchObject({ code: 'closed' });
});
