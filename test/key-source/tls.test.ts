import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { SecureServerOptions } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import type { TlsCredentials } from '../../lib/key-source/sbi/session.ts';
import { describeWith, type Peer, runs } from '../peers.ts';
import { type Answer, answerJson, TestNetworkFunction } from './network.ts';

const openssl: Peer = {
  name: 'openssl',
  isThere: () => runs('openssl', 'version'),
  install: 'apt-get install -y openssl',
};

describeWith(openssl, 'a BSF over TLS that demands a certificate', () => {
  let folder = '';
  let server: { cert: string; key: string };
  let credentials: TlsCredentials;
  let bsf: TestNetworkFunction;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bmsc-tls-'));
    server = certificate('server', 'subjectAltName=IP:127.0.0.1');
    const client = certificate('client', 'subjectAltName=DNS:bmsc.home1.net');
    credentials = { certificate: client.cert, key: client.key, ca: server.cert };
    bsf = await TestNetworkFunction.start((stream) => answerJson(stream, 200, {}), {
      ...server,
      ca: client.cert,
      requestCert: true,
      rejectUnauthorized: true,
    });
  });
  afterAll(async () => {
    await bsf.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A self-signed certificate and its key, as PEM texts. */
  function certificate(name: string, extension: string) {
    const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
    const subject = ['-subj', `/CN=${name}`, '-addext', extension];
    const args = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
    ];
    execFileSync('openssl', [...args, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  }

  async function call(tls: TlsCredentials, headers = {}) {
    const client = new SbiClient({ userAgent: 'AF-bmsc.home1.net', tls, timeoutMs: 2000 });
    try {
      return await client.call({ method: 'GET', url: new URL(bsf.apiRoot), headers });
    } finally {
      client.close();
    }
  }

  it('is believed by its certificate authority, and believes the client', async () => {
    expect(await call(credentials)).toMatchObject({ status: 200 });
  });

  it('is not asked when its certificate is of another authority', async () => {
    const { ca: _, ...withoutCa } = credentials;
    await expect(call(withoutCa)).rejects.toMatchObject({ code: 'no-connection' });
  });

  it('does not answer a client without a certificate', async () => {
    const before = bsf.received.length;
    await expect(call({ ca: credentials.ca })).rejects.toMatchObject({ name: 'SbiError' });
    expect(bsf.received).toHaveLength(before);
  });

  describe('and redirects', () => {
    const authorization = 'Bearer token-1';
    const good: Answer = (stream) => answerJson(stream, 200, {});

    async function redirectedTo(tls?: SecureServerOptions) {
      const other = await TestNetworkFunction.start(good, tls);
      bsf.answer = (stream) => {
        bsf.answer = good;
        answerJson(stream, 308, undefined, { location: other.apiRoot });
      };
      const result = await call(credentials, { authorization }).catch((error: unknown) => error);
      await other.stop();
      return { result, received: other.received };
    }

    it('to another origin over TLS sees the access token go along', async () => {
      const { result, received } = await redirectedTo(server);
      expect(result).toMatchObject({ status: 200 });
      expect(received[0]?.headers).toMatchObject({ authorization });
    });

    it('to cleartext is not followed', async () => {
      const { result, received } = await redirectedTo();
      expect(result).toMatchObject({ code: 'bad-redirect' });
      expect(received).toEqual([]);
    });
  });
});
