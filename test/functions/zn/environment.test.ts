import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { ZN_VARIABLE } from '../../../functions/environment-variables.ts';
import { parseEnvironment } from '../../../functions/zn/environment.ts';

const PEERS = [{ address: '192.0.2.1', port: 3868, identity: 'bsf.home1.net' }];
const ZN = {
  [ZN_VARIABLE.originHost]: 'bmsc.home1.net',
  [ZN_VARIABLE.originRealm]: 'home1.net',
  [ZN_VARIABLE.peers]: JSON.stringify(PEERS),
};

describe('the environment of the Zn service', () => {
  test('has defaults for what may be left out', () => {
    expect(parseEnvironment(ZN)).toEqual({
      origin: { host: 'bmsc.home1.net', realm: 'home1.net' },
      destinationRealm: 'home1.net',
      destinationHost: undefined,
      peers: [{ host: '192.0.2.1', port: 3868, expectedHost: 'bsf.home1.net', tls: undefined }],
      timeoutMs: 1800,
      watchdogMs: 30_000,
      maxPending: 1000,
      httpAddress: '0.0.0.0',
      httpPort: 8080,
      httpTls: undefined,
      healthPort: 8081,
      drainMs: 10_000,
    });
  });

  test('gives each task an Origin-Host of its own if it shall', () => {
    const { origin } = parseEnvironment({ ...ZN, [ZN_VARIABLE.originPerTask]: 'true' });
    expect(origin.host).toMatch(/^[A-Za-z0-9-]+\.bmsc\.home1\.net$/);
    expect(hostname().startsWith(origin.host.split('.')[0]?.replace(/-.*/, '') ?? '-')).toBe(true);
  });

  test('takes PEM texts for TLS on both sides, and none for TCP', () => {
    const texts = JSON.stringify({ certificate: 'c', key: 'k', ca: 'a', other: 1 });
    const env = { ...ZN, [ZN_VARIABLE.tls]: texts, [ZN_VARIABLE.httpTls]: texts };
    const tls = { cert: 'c', key: 'k', ca: 'a' };
    expect(parseEnvironment(env)).toMatchObject({ httpTls: tls, peers: [{ tls: undefined }] });
    expect(parseEnvironment({ ...env, [ZN_VARIABLE.transport]: 'tls' })).toMatchObject({ peers: [{ tls }] });
    expect(parseEnvironment({ ...ZN, [ZN_VARIABLE.transport]: 'tls' })).toMatchObject({
      peers: [{ tls: {} }],
    });
  });

  test.each(Object.keys(ZN))('without %s is refused by that name', (name) => {
    expect(() => parseEnvironment({ ...ZN, [name]: undefined })).toThrow(`${name} is missing`);
  });

  test.each([
    [ZN_VARIABLE.peers, '[]'],
    [ZN_VARIABLE.peers, JSON.stringify([...PEERS, ...PEERS, ...PEERS])],
    [ZN_VARIABLE.peers, 'bsf.home1.net:3868'],
    [ZN_VARIABLE.peers, JSON.stringify([{ address: '192.0.2.1', port: 0 }])],
    [ZN_VARIABLE.originHost, 'a b'],
    [ZN_VARIABLE.watchdogSeconds, '5'],
    [ZN_VARIABLE.transport, 'sctp'],
    [ZN_VARIABLE.tls, '-----BEGIN PRIVATE KEY-----'],
  ])('with %s=%s is refused by the name, and does not repeat it', (name, text) => {
    const refusal = () => parseEnvironment({ ...ZN, [name]: text });
    expect(refusal).toThrow(`wrong environment: ${name} takes `);
    expect(refusal).not.toThrow(text);
  });
});
