import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2';
import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { POWERTOOLS_VARIABLE, ZN_VARIABLE } from '../../../functions/environment-variables.ts';
import { isHealthyOnPort } from '../../../functions/health.ts';
import { METRIC } from '../../../functions/metric-names.ts';
import { parseEnvironment } from '../../../functions/zn/environment.ts';
import { startZnService } from '../../../functions/zn/service.ts';
import { COMMAND } from '../../../lib/diameter/index.ts';
import { parseBtid } from '../../../lib/gba/btid.ts';
import { NbspKeySource } from '../../../lib/key-source/nbsp-key-source.ts';
import { SbiClient } from '../../../lib/key-source/sbi/client.ts';
import { BOOTSTRAPPING_INFO_PATH } from '../../../lib/nbsp-gba/bootstrapping-info.ts';
import type { BootstrappingInfoHandler } from '../../../lib/zn/server.ts';
import { INFO } from '../../diameter/messages.ts';
import { freePorts } from '../../free-ports.ts';
import { describeWith } from '../../peers.ts';
import gba from '../../vectors/gba.json' with { type: 'json' };
import { certificate, OPENSSL } from '../../zn/certificate.ts';
import { ScriptedPeer } from '../../zn/scripted-peer.ts';
import { found, keyOf, startBsf, until } from '../../zn/zn.ts';

const open: { close: () => unknown }[] = [];
const opened = <Closable extends { close: () => unknown }>(closable: Closable): Closable => {
  open.push(closable);
  return closable;
};
const written: string[] = [];
beforeEach(() => {
  written.length = 0;
  // Metrics are lines of the log.
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => written.push(String(line)) > 0);
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
  vi.restoreAllMocks();
});

const environment = (ports: readonly number[], change: Record<string, string> = {}) => ({
  [ZN_VARIABLE.originHost]: 'bmsc.home1.net',
  [ZN_VARIABLE.originRealm]: 'home1.net',
  [ZN_VARIABLE.peers]: JSON.stringify(ports.map((port) => ({ address: '127.0.0.1', port }))),
  [ZN_VARIABLE.httpAddress]: '127.0.0.1',
  [ZN_VARIABLE.httpPort]: '0',
  ...change,
});

async function startService(ports: readonly number[], change: Record<string, string> = {}) {
  const service = await startZnService(
    parseEnvironment(environment(ports, change)),
    new Logger({ logLevel: 'SILENT' }),
  );
  opened({ close: () => service.stop() });
  return service;
}

function keySource(apiRoot: string, tls = {}) {
  return opened(
    new NbspKeySource({
      client: new SbiClient({ userAgent: 'AF-bmsc.home1.net', timeoutMs: 3000, tls }),
      apiRootOf: () => apiRoot,
      tokens: undefined,
      discovery: undefined,
      nafFqdn: gba.nafFqdn,
      gbaU: true,
      now: Date.now,
    }),
  );
}

async function startChain(handler?: BootstrappingInfoHandler) {
  const bsf = opened(await startBsf(handler));
  const service = await startService([bsf.port]);
  await until(() => service.client.isOpen);
  return { bsf, service, source: keySource(`http://127.0.0.1:${service.port}`) };
}

describe('a look-up over Nbsp_GBA and Zn', () => {
  test('brings the keys of GBA_ME', async () => {
    const { source } = await startChain();
    const lookUp = await source.lookUp(parseBtid(gba.bTid));
    if (lookUp.kind !== 'found' || lookUp.found.keys.type !== 'GBA_ME') return expect.fail(lookUp.kind);
    expect(lookUp.found.keys.ksNaf.equals(keyOf(gba.bTid))).toBe(true);
    expect(lookUp.found).toMatchObject({ impi: gba.impi, expiresAt: INFO.expiresAt });
  });

  test('brings the keys of GBA_U', async () => {
    const { source } = await startChain(async () => ({ kind: 'found', info: INFO }));
    const lookUp = await source.lookUp(parseBtid(gba.bTid));
    if (lookUp.kind !== 'found' || lookUp.found.keys.type !== 'GBA_U') return expect.fail(lookUp.kind);
    expect(lookUp.found.keys.ksExtNaf.equals(INFO.meKeyMaterial)).toBe(true);
    expect(INFO.uiccKeyMaterial && lookUp.found.keys.ksIntNaf.equals(INFO.uiccKeyMaterial)).toBe(true);
  });

  test.each([
    [5402, { kind: 'not-authorized' }],
    [5403, { kind: 'unknown' }],
    [5401, { kind: 'unavailable', retryAfterMs: 10_000 }],
  ])('ends by the result %i of the BSF', async (code, expected) => {
    const { source } = await startChain(async () => ({
      kind: 'refused',
      result: { kind: 'experimental', vendor: 10_415, code },
    }));
    expect(await source.lookUp(parseBtid(gba.bTid))).toMatchObject(expected);
  });

  test('is unavailable while no peer is connected', async () => {
    const { bsf, service, source } = await startChain();
    await bsf.kill();
    await until(() => !service.client.isOpen);
    expect(await source.lookUp(parseBtid(gba.bTid))).toMatchObject({
      kind: 'unavailable',
      retryAfterMs: 5000,
    });
  });

  test('is counted by result and latency, and no key is written', async () => {
    const { source, service } = await startChain();
    await source.lookUp(parseBtid(gba.bTid));
    await service.stop();
    const lines = written.join('\n');
    expect(lines).toMatch(new RegExp(`"result":"found".*"${METRIC.znRequests}":1`));
    expect(lines).toContain(`"${METRIC.znLatency}":`);
    expect(lines).toContain(`"${METRIC.znOpenPeers}":1`);
    expect(lines).not.toContain(Buffer.from(keyOf(gba.bTid).exposeOctets()).toString('hex'));
  });
});

describeWith(OPENSSL, 'the resource over TLS', () => {
  test('is served to clients with a certificate alone', async () => {
    const { key, cert } = certificate();
    const bsf = opened(await startBsf());
    const httpTls = JSON.stringify({ certificate: cert, key, ca: cert });
    const service = await startService([bsf.port], { [ZN_VARIABLE.httpTls]: httpTls });
    await until(() => service.client.isOpen);
    const apiRoot = `https://localhost:${service.port}`;
    const known = keySource(apiRoot, { ca: cert, certificate: cert, key });
    expect((await known.lookUp(parseBtid(gba.bTid))).kind).toBe('found');
    expect((await keySource(apiRoot, { ca: cert }).lookUp(parseBtid(gba.bTid))).kind).toBe('unavailable');
  });
});

describe('the resource', () => {
  async function answerTo(headers: OutgoingHttpHeaders, body?: string | Buffer) {
    const { service } = await startChain();
    const session = opened(connect(`http://127.0.0.1:${service.port}`));
    return exchange(session, headers, body);
  }
  const POST = { ':method': 'POST', ':path': BOOTSTRAPPING_INFO_PATH, 'content-type': 'application/json' };

  test.each([
    ['another path', { ...POST, ':path': '/nbsp-gba/v1/push-info-retrieval' }, '', 400],
    ['another version', { ...POST, ':path': '/nbsp-gba/v2/bootstrapping-info-retrieval' }, '', 400],
    ['another method', { ...POST, ':method': 'PUT' }, '', 405],
    ['another media type', { ...POST, 'content-type': 'text/json' }, '{}', 415],
    ['no media type', { ':method': 'POST', ':path': BOOTSTRAPPING_INFO_PATH }, '{}', 415],
    ['a body that is too large', POST, 'x'.repeat(16_385), 413],
    ['a body that is no JSON', POST, '{', 400],
  ])('refuses %s', async (_, headers, body, status) => {
    const answer = await answerTo(headers, body);
    expect(answer).toMatchObject({ status, type: 'application/problem+json' });
    expect(JSON.parse(answer.body)).toMatchObject({ status });
  });

  test('takes the media type with parameters', async () => {
    const body = JSON.stringify({
      btId: gba.bTid,
      nafId: { nafFqdn: gba.nafFqdn, uaSecProtId: '0100000001' },
    });
    const headers = { ...POST, 'content-type': 'application/json; charset=utf-8' };
    expect(await answerTo(headers, body)).toMatchObject({ status: 200, type: 'application/json' });
  });

  test('says at /health whether a BSF can be asked', async () => {
    const { service, bsf } = await startChain();
    const session = opened(connect(`http://127.0.0.1:${service.port}`));
    expect(await exchange(session, { ':path': '/health' })).toMatchObject({ status: 200 });
    await bsf.kill();
    await until(() => !service.client.isOpen);
    expect(await exchange(session, { ':path': '/health' })).toMatchObject({ status: 503 });
  });
});

describe('the process', () => {
  const MAIN = join(import.meta.dirname, '../../../functions/zn/main.ts');

  async function startProcess(env: Record<string, string>) {
    const child = fork(MAIN, {
      env: { ...process.env, ...env, [POWERTOOLS_VARIABLE.logLevel]: 'SILENT' },
      silent: true,
    });
    opened({ close: () => child.kill('SIGKILL') });
    const [message] = await once(child, 'message');
    return { child, port: Number(message.port) };
  }
  const exit = async (child: ChildProcess) => {
    const [code] = await once(child, 'exit');
    return code;
  };

  test('lets a request end after SIGTERM, disconnects from its peer, and exits with 0', async () => {
    let answer = () => {};
    const { http: healthPort } = await freePorts();
    const bsf = opened(
      await startBsf(async ({ bTid }) => {
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return found(bTid);
      }),
    );
    const { child, port } = await startProcess(
      environment([bsf.port], { [ZN_VARIABLE.healthPort]: String(healthPort) }),
    );
    await until(() => bsf.peers === 1);
    expect(await isHealthyOnPort(healthPort)).toBe(true);
    const waiting = keySource(`http://127.0.0.1:${port}`).lookUp(parseBtid(gba.bTid));
    await new Promise((resolve) => setTimeout(resolve, 200));
    child.kill('SIGTERM');
    const exited = exit(child);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(bsf.peers).toBe(1);
    answer();
    expect((await waiting).kind).toBe('found');
    expect(await exited).toBe(0);
    expect(await isHealthyOnPort(healthPort)).toBe(false);
  });

  test('says that it disconnects', async () => {
    const peer = opened(
      await ScriptedPeer.listen((message, socket) => {
        if (message.header.command === COMMAND.DISCONNECT_PEER) socket.end();
      }),
    );
    const { child } = await startProcess(environment([peer.port], { [ZN_VARIABLE.healthPort]: '0' }));
    await until(() => peer.of(COMMAND.CAPABILITIES_EXCHANGE).length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGTERM');
    expect(await exit(child)).toBe(0);
    expect(peer.of(COMMAND.DISCONNECT_PEER)).toHaveLength(1);
  });
});

async function exchange(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string | Buffer) {
  const stream = session.request(headers);
  stream.end(body);
  stream.setEncoding('utf8');
  let text = '';
  stream.on('data', (chunk: string) => {
    text += chunk;
  });
  const [received] = await once(stream, 'response');
  if (!stream.readableEnded) await once(stream, 'end');
  return { status: received[':status'], type: received['content-type'], body: text };
}
