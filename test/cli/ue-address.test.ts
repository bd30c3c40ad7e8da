import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBmsc } from '../../cli/stack.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import type { LocalSystem } from '../../local/system.ts';
import { HAS_IPV6 } from '../ipv6.ts';
import { startTestSystem } from '../local-system.ts';
import { keyFile } from './key-file.ts';
import { bmsc, type Finished } from './run.ts';

const SERVICE = 'urn:example:news';
const HOST = HAS_IPV6 ? '::' : '127.0.0.1';
const GROUP = { keyDomainId: parseKeyDomainId('00f110'), keyGroup: 1 };

let system: LocalSystem;
/** The security association of the UE, as options. */
let association: readonly string[];

beforeAll(async () => {
  system = await startTestSystem({}, HOST);
  const { stackName: stack, endpointUrl } = system;
  const { store } = await findBmsc({ stack, endpointUrl });
  await putUserService(store, { serviceId: SERVICE, keyGroups: [GROUP] });
  const msk = new SecretKey(randomBytes(16));
  await putMsk(store, GROUP, { keyNumber: 1, msk, validity: FULL_VALIDITY });
  const impi = parseImpi('alice@home1.net');
  await putSubscription(store, impi, SERVICE);
  const ksNaf = keyFile(randomBytes(32).toString('hex'));
  const btid = `${randomBytes(16).toString('base64')}@bsf.home1.net`;
  const args = ['provision', 'association', btid, impi, '--ks-naf', ksNaf, '--endpoint-url', endpointUrl];
  expect(await bmsc(...args)).toMatchObject({ code: 0, stderr: '' });
  association = ['--b-tid', btid, '--ks-naf', ksNaf];
});
afterAll(() => system?.close());

/** A `bmsc ue` command to the HTTP API at a host, as JSON. */
function ue(host: string, ...args: readonly string[]): Promise<Finished> {
  const { port } = new URL(system.keyManagementUrl);
  return bmsc('ue', ...args, '--url', `http://${host}:${port}/keymanagement`, ...association, '--json');
}

const objectsOf = ({ stdout }: Finished): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe.each([
  ['127.0.0.1', '127.0.0.1', true],
  ['[::1]', '::1', HAS_IPV6],
])('a UE of a BM-SC at %s', (host, address, isHere) => {
  test.runIf(isHere)('listens where its requests come from, and gets its MSK there', async () => {
    const run = await ue(host, 'run', '--service', SERVICE, '--for', '2');
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const objects = objectsOf(run);
    expect(objects).toContainEqual({ listening: { address, port: expect.any(Number) } });
    expect(objects).toContainEqual(expect.objectContaining({ event: 'msk', mskId: '00010001' }));
    expect(objects).toContainEqual(expect.objectContaining({ event: 'verification-sent' }));
  });

  test.runIf(isHere)('registers, asks and deregisters with an --address', async () => {
    const registered = await ue(host, 'register', SERVICE, '--wait', '1', '--address', address);
    expect(registered).toMatchObject({ code: 0, stderr: '' });
    expect(objectsOf(registered)).toContainEqual(expect.objectContaining({ event: 'msk' }));
    const requested = await ue(host, 'request', '--msk', '00f110/00010000', '--address', address);
    expect(requested).toMatchObject({ code: 0, stderr: '' });
    expect(objectsOf(requested)).toContainEqual(expect.objectContaining({ event: 'msk' }));
    expect(await ue(host, 'deregister', SERVICE, '--address', address)).toMatchObject({ code: 0 });
  });
});

test('an --address that is none is wrong usage', async () => {
  const { code, stderr } = await ue('127.0.0.1', 'run', '--address', 'localhost');
  expect(code).toBe(2);
  expect(stderr).toContain('an IP address is numeric');
});
