import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import type { TlsCredentials } from '../../lib/key-source/sbi/session.ts';
import { describeWith, type Peer, runs } from '../peers.ts';
import { answerJson, TestNetworkFunction } from './network.ts';

const openssl: Peer = {
  name: 'openssl',
  isThere: () => runs('openssl', 'version'),
  install: 'apt-get install -y openssl',
};

describeWith(openssl, 'a BSF over TLS that demands a certificate', () => {
  let folder = '';
  let server: { cert: string; key: string };
  let good: TlsCredentials;
  let bsf: TestNetworkFunction;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bmsc-tls-'));
    server = certificate('server', 'subjectAltName=IP:127.0.0.1');
    const client = certificate('client', 'subjectAltName=DNS:bmsc.home1.net');
    good = { certificate: client.cert, key: client.key, ca: server.cert };
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

  async function call(tls: TlsCredentials) {
    const client = new SbiClient({ userAgent: 'AF-bmsc.home1.net', tls, timeoutMs: 2000 });
    try {
      return await client.call({ method: 'GET', url: new URL(bsf.apiRoot), headers: {} });
    } finally {
      client.close();
    }
  }

  it('is believed by its certificate authority, and believes the client', async () => {
    expect(await call(good)).toMatchObject({ status: 200 });
  });

  it('is not asked when its certificate is of another authority', async () => {
    const { ca: _, ...withoutCa } = good;
    await expect(call(withoutCa)).rejects.toMatchObject({ code: 'no-connection' });
  });

  it('does not answer a client without a certificate', async () => {
    const before = bsf.received.length;
    await expect(call({ ca: good.ca })).rejects.toMatchObject({ name: 'SbiError' });
    expect(bsf.received).toHaveLength(before);
  });
});
