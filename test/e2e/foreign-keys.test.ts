import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KEY_REQUEST_VARIABLE } from '../../functions/environment-variables.ts';
import { akmaAssociationOf } from '../../lib/ue/bootstrapping/associations.ts';
import { startUe } from '../../lib/ue/ue.ts';
import { LocalNetwork } from '../../local/network.ts';
import { type LocalBmsc, startLocalBmsc } from './local-bmsc.ts';

const SHARED = 'urn:example:shared';
const folder = mkdtempSync(join(tmpdir(), 'bmsc-foreign-keys-'));
let network: LocalNetwork;
let local: LocalBmsc;

beforeAll(async () => {
  network = await LocalNetwork.start();
  local = await startLocalBmsc({ keyRequest: { [KEY_REQUEST_VARIABLE.keySources]: network.keySources } });
}, 120_000);
afterAll(async () => {
  await local?.system.close();
  await network?.close();
  rmSync(folder, { recursive: true });
});

it('a 5G UE with keys of AKMA gets the MSK that another network has made, and the next one at its rotation', async () => {
  const msks = [randomBytes(16), randomBytes(16)] as const;
  for (const [index, msk] of msks.entries()) writeFileSync(join(folder, `msk${index}`), msk.toString('hex'));
  const importMsk = (mskId: string, index: number, ...more: string[]) =>
    local.bmsc(
      'import',
      'msk',
      '001-01',
      mskId,
      '--key',
      `@${join(folder, `msk${index}`)}`,
      '--watch',
      ...more,
    );
  await local.bmsc('provision', 'service', SHARED, '--key-group', '001-01/0033');
  expect(await importMsk('00330005', 0)).toMatchObject({ result: 'prepared', mskId: '00330005' });
  await local.until('MSK Rotated', 1);

  const { nafFqdn, keyManagementUrl } = local.system;
  const { sims } = network.standIns ?? expect.fail();
  const sim = sims.find(({ akma }) => akma !== undefined) ?? expect.fail();
  await local.bmsc('provision', 'subscription', sim.impi, SHARED);
  const ue = await startUe({
    association: akmaAssociationOf(sim.akma ?? expect.fail(), nafFqdn),
    keyManagementUrl: new URL(keyManagementUrl),
    listen: { address: '127.0.0.1', port: 0 },
    randomOctets: (length) => randomBytes(length),
    onEvent: () => undefined,
  });
  const held = () => ue.ring.list().map(({ msk }) => Buffer.from(msk.exposeOctets()).toString('hex'));
  try {
    expect(await ue.register([SHARED])).toEqual([{ serviceId: SHARED, responseCode: 200 }]);
    await expect.poll(held, { timeout: 20_000 }).toEqual([msks[0].toString('hex')]);
    await importMsk('00330006', 1, '--lead-time', '0');
    await expect.poll(held, { timeout: 20_000 }).toContain(msks[1].toString('hex'));
    await expect(local.bmsc('rotate', '001-01', '0033', '--watch')).rejects.toThrow(/another network/);
  } finally {
    await ue.close();
  }
}, 120_000);
