import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Peer, runs } from '../peers.ts';

/** Makes certificates. */
export const OPENSSL: Peer = {
  name: 'openssl',
  isThere: () => runs('openssl', 'version'),
  install: 'apt-get install openssl',
};

/** A self-signed certificate for these names, in PEM, made by openssl. */
export function certificate(...names: readonly string[]): { readonly key: string; readonly cert: string } {
  const [name = 'localhost', ...others] = names;
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-certificate-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=${name}`;
  const alternatives = [name, ...others].map((each) => `DNS:${each}`).join(',');
  const extension = ['-addext', `subjectAltName=${alternatives}`];
  try {
    execFileSync('openssl', [...request.split(' '), ...extension, '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
