import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SENDER_VARIABLE } from '../../functions/environment-variables.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { loadAssociation } from '../../lib/store/association/association.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import { demonstrate } from '../../local/demonstration.ts';
import type { LocalSystem } from '../../local/system.ts';
import { HAS_IPV6 } from '../ipv6.ts';
import { startTestSystem } from '../local-system.ts';
import { type LocalBmsc, SERVICE, startLocalBmsc, startTestUe, switchOn, type TestUe } from './local-bmsc.ts';

const keyDomainId = parseKeyDomainId('00f110');
const ref = { keyDomainId, keyGroup: 0x0010 };

describe.runIf(HAS_IPV6)('on ::1', () => {
  let system: LocalSystem;
  beforeAll(async () => {
    system = await startTestSystem({}, '::1');
  });
  afterAll(() => system?.close());

  test('the main job is done, from registration to the keys, with nothing over IPv4', async () => {
    const { keyManagementUrl, endpointUrl, udpAddresses } = system;
    expect([keyManagementUrl, endpointUrl].map((url) => new URL(url).hostname)).toEqual(['[::1]', '[::1]']);
    expect(udpAddresses.map(({ address }) => address)).toEqual(['::1']);
    const lines: string[] = [];
    expect(await demonstrate(system, (line) => lines.push(line))).toBe(true);
    expect(lines.join('\n')).toContain('the keys match on both sides');
  });
});

describe.runIf(HAS_IPV6).each([
  ['one process', 'sendmmsg', { workers: '1', native: 'auto' }],
  ['one process', 'dgram', { workers: '1', native: 'off' }],
  ['two workers', 'sendmmsg', { workers: '2', native: 'auto' }],
  ['two workers', 'dgram', { workers: '2', native: 'off' }],
] as const)('a sender of %s, by %s, on all addresses of both families', (_, kind, settings) => {
  let local: LocalBmsc;
  beforeAll(async () => {
    const { workers, native } = SENDER_VARIABLE;
    local = await startLocalBmsc(
      { sender: { [workers]: settings.workers, [native]: settings.native } },
      '::',
    );
    await putUserService(local.store, { serviceId: SERVICE, keyGroups: [ref] });
    const msk = new SecretKey(randomBytes(16));
    await putMsk(local.store, ref, { keyNumber: 1, msk, validity: FULL_VALIDITY });
  });
  afterAll(() => local?.system.close());

  const addressOf = async ({ association }: TestUe) =>
    (await loadAssociation(local.store, association.btid))?.ueAddress;
  const verifiedBy = (ue: TestUe) =>
    local.dataOf('MSK Delivered').filter(({ ues }) => (ues as string[]).includes(ue.impi)).length;

  test('serves a UE of each family at the same time, and takes the verification of each', async () => {
    const ues = [
      await startTestUe(local, undefined, '127.0.0.1'),
      await startTestUe(local, undefined, '::1'),
    ];
    try {
      for (const { ue } of ues) await ue.register([SERVICE]);
      for (const { received } of ues) await expect.poll(received).toEqual(['msk']);
      // The gateway listens on `::`, where the system names an IPv4 peer `::ffff:127.0.0.1`.
      expect(await Promise.all(ues.map(addressOf))).toEqual(ues.map(({ ue }) => ue.address));

      const target = { ues: ues.map(({ impi }) => impi) };
      await local.publish('Push MSK', { keyDomainId, mskId: '00100001', target });
      for (const { received } of ues) await expect.poll(received).toEqual(['msk', 'msk']);
      await local.publish('Solicit MSK Pull', { keyDomainId, keyGroup: '0010', target });
      for (const { received } of ues)
        await expect.poll(received, { timeout: 10_000 }).toEqual(['msk', 'msk', 'solicited-pull', 'msk']);
      for (const ue of ues) await expect.poll(() => verifiedBy(ue), { timeout: 10_000 }).toBe(3);
    } finally {
      for (const { ue } of ues) await ue.close();
    }
    expect(transportsOf(local.system)).toEqual(Array.from({ length: Number(settings.workers) }, () => kind));
  });

  test('follows a UE from one family to the other', async () => {
    const before = await startTestUe(local, undefined, '127.0.0.1');
    await before.ue.register([SERVICE]);
    await expect.poll(before.received).toEqual(['msk']);
    await before.ue.close();
    const after = await switchOn(local, before.association, '::1');
    try {
      await after.ue.register([SERVICE]);
      await expect.poll(after.received).toEqual(['msk']);
      expect(await addressOf(before)).toEqual(after.ue.address);
      await expect.poll(() => verifiedBy(before), { timeout: 10_000 }).toBe(2);
    } finally {
      await after.ue.close();
    }
  });
});

/** How each process of the sender sends, as its log has it. */
function transportsOf({ logFolder }: LocalSystem): string[] {
  return readFileSync(join(logFolder, 'key-distribution.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('sender started'))
    .map((line) => JSON.parse(line).sending.kind);
}
