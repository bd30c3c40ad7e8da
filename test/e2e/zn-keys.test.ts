import { randomBytes } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KEY_REQUEST_VARIABLE, ZN_VARIABLE } from '../../functions/environment-variables.ts';
import { parseEnvironment } from '../../functions/zn/environment.ts';
import { startZnService, type ZnService } from '../../functions/zn/service.ts';
import { type BootstrappingInfo, EXPERIMENTAL_RESULT_CODE, VENDOR } from '../../lib/diameter/index.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { mukAndMrkOf, type NafKeys } from '../../lib/gba/mbms-keys.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { startUe } from '../../lib/ue/ue.ts';
import { DiameterServer } from '../../lib/zn/server.ts';
import { until } from '../zn/zn.ts';
import { type LocalBmsc, startLocalBmsc } from './local-bmsc.ts';

const SERVICE = 'urn:example:zn-keys';
const IMPI = '001010000000078@home1.net';

/** Keys by B-TID, as a BSF holds them. */
const known = new Map<string, NafKeys>();
const bsfs: DiameterServer[] = [];
let zn: ZnService;
let local: LocalBmsc;

beforeAll(async () => {
  for (let index = 0; index < 2; index++) bsfs.push(await startBsf());
  zn = await startZnService(
    parseEnvironment({
      [ZN_VARIABLE.originHost]: 'bmsc.home1.net',
      [ZN_VARIABLE.originRealm]: 'home1.net',
      [ZN_VARIABLE.peers]: JSON.stringify(bsfs.map(({ port }) => ({ address: '127.0.0.1', port }))),
      [ZN_VARIABLE.httpAddress]: '127.0.0.1',
      [ZN_VARIABLE.httpPort]: '0',
    }),
    new Logger({ logLevel: 'SILENT' }),
  );
  await until(() => zn.client.openPeers === 2);
  const keySources = JSON.stringify({ bsf: { apiRoot: `http://127.0.0.1:${zn.port}` } });
  local = await startLocalBmsc({ keyRequest: { [KEY_REQUEST_VARIABLE.keySources]: keySources } });
  await local.bmsc('provision', 'service', SERVICE, '--key-group', '001-01/0078');
  await local.bmsc('provision', 'msk', '001-01', '00780001');
  await local.bmsc('provision', 'subscription', IMPI, SERVICE);
});
afterAll(async () => {
  await local?.system.close();
  await zn?.stop();
  for (const bsf of bsfs) await bsf.close();
});

function startBsf(): Promise<DiameterServer> {
  const origin = { host: 'bsf.home1.net', realm: 'home1.net' };
  return DiameterServer.listen({ origin, productName: 'bsf', port: 0 }, async ({ bTid, isGbaUAware }) => {
    expect(isGbaUAware).toBe(true);
    const keys = known.get(bTid);
    if (keys !== undefined) return { kind: 'found', info: infoOf(keys) };
    const code = EXPERIMENTAL_RESULT_CODE.TRANSACTION_IDENTIFIER_INVALID;
    return { kind: 'refused', result: { kind: 'experimental', vendor: VENDOR['3GPP'], code } };
  });
}

function infoOf(keys: NafKeys): BootstrappingInfo {
  if (keys.type === 'AKMA') throw new Error('not of a BSF');
  const [me, uicc] = keys.type === 'GBA_U' ? [keys.ksExtNaf, keys.ksIntNaf] : [keys.ksNaf, undefined];
  return {
    impi: IMPI,
    meKeyMaterial: me,
    uiccKeyMaterial: uicc,
    expiresAt: Date.now() + 3_600_000,
    bootstrappedAt: Date.now(),
    gbaType: '3G_GBA',
    userSecuritySettings: [{ gsId: 4, gsType: 4, ueIds: ['sip:a@home1.net'] }],
  };
}

async function ueWith(keys: NafKeys) {
  const btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
  const { nafFqdn, keyManagementUrl } = local.system;
  const ue = await startUe({
    association: { btid, nafFqdn, ...mukAndMrkOf(keys) },
    keyManagementUrl: new URL(keyManagementUrl),
    listen: { address: '127.0.0.1', port: 0 },
    randomOctets: (length) => randomBytes(length),
    onEvent: () => undefined,
  });
  return { ue, btid };
}

const secret = () => new SecretKey(randomBytes(32));
const OF_ME = () => ({ type: 'GBA_ME', ksNaf: secret() }) as const;
const OF_UICC = () => ({ type: 'GBA_U', ksExtNaf: secret(), ksIntNaf: secret() }) as const;

async function expectServed(keys: NafKeys): Promise<void> {
  const { ue, btid } = await ueWith(keys);
  known.set(btid, keys);
  expect(await ue.register([SERVICE])).toEqual([{ serviceId: SERVICE, responseCode: 200 }]);
  await expect.poll(() => ue.ring.list().length, { timeout: 5000 }).toBe(1);
  await ue.close();
}

it.each([
  ['GBA_ME', OF_ME],
  ['GBA_U', OF_UICC],
])('a UE that nobody provisioned gets its MSK with the keys of %s, over Diameter Zn', async (_, keys) => {
  await expectServed(keys());
});

it('a UE that the BSF does not know is to bootstrap', async () => {
  const { ue } = await ueWith(OF_ME());
  await expect(ue.register([SERVICE])).rejects.toMatchObject({ code: 'not-authenticated' });
  await ue.close();
});

it('a UE is served when one of two BSFs has died, and told to come again when both have', async () => {
  await bsfs[0]?.kill();
  await expectServed(OF_ME());
  await bsfs[1]?.kill();
  const { ue } = await ueWith(OF_ME());
  await expect(ue.register([SERVICE])).rejects.toMatchObject({ code: 'refused', status: 503 });
  await ue.close();
});
