import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KEY_REQUEST_VARIABLE } from '../../functions/environment-variables.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { authorize, formatAuthorization, parseChallenges } from '../../lib/http-digest/index.ts';
import { MEDIA_TYPE } from '../../lib/key-management/payload/mime.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { httpPost } from '../../lib/ue/http-post.ts';
import { startUe } from '../../lib/ue/ue.ts';
import { answerJson, TestNetworkFunction } from '../key-source/network.ts';
import { type LocalBmsc, startLocalBmsc } from './local-bmsc.ts';

const SERVICE = 'urn:example:network-keys';
const IMPI = '001010000000077@home1.net';

const LOOK_UPS_PER_SECOND = 20;

/** Keys by B-TID, as a BSF holds them. */
const known = new Map<string, SecretKey>();
let bsf: TestNetworkFunction;
let local: LocalBmsc;

beforeAll(async () => {
  bsf = await TestNetworkFunction.start((stream, { body }) => {
    const ksNaf = known.get(JSON.parse(body).btId);
    if (ksNaf === undefined) return answerJson(stream, 404, { cause: 'X' });
    const meKeyMaterial = Buffer.from(ksNaf.exposeOctets()).toString('hex');
    const keyExpiryTime = new Date(Date.now() + 3_600_000).toISOString();
    answerJson(stream, 200, { meKeyMaterial, impi: IMPI, keyExpiryTime });
  });
  const keySources = JSON.stringify({
    bsf: { apiRoot: bsf.apiRoot },
    timeoutSeconds: 1,
    lookUpsPerSecond: LOOK_UPS_PER_SECOND,
  });
  local = await startLocalBmsc({ keyRequest: { [KEY_REQUEST_VARIABLE.keySources]: keySources } });
  await local.bmsc('provision', 'service', SERVICE, '--key-group', '001-01/0077');
  await local.bmsc('provision', 'msk', '001-01', '00770001');
  await local.bmsc('provision', 'subscription', IMPI, SERVICE);
});
afterAll(async () => {
  await local?.system.close();
  await bsf?.stop();
});

async function ueWith(ksNaf: SecretKey) {
  const btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
  const { nafFqdn, keyManagementUrl } = local.system;
  const ue = await startUe({
    association: { btid, nafFqdn, ...mukAndMrkOf({ type: 'GBA_ME', ksNaf }) },
    keyManagementUrl: new URL(keyManagementUrl),
    listen: { address: '127.0.0.1', port: 0 },
    randomOctets: (length) => randomBytes(length),
    onEvent: () => undefined,
  });
  return { ue, btid };
}

it('a UE that nobody provisioned registers with the keys of the BSF, and gets its MSK', async () => {
  const ksNaf = new SecretKey(randomBytes(32));
  const { ue } = await ueWith(ksNaf);
  try {
    await expect(ue.register([SERVICE])).rejects.toMatchObject({ code: 'not-authenticated' });
    // The BM-SC does not ask for an unknown B-TID again for ten seconds, so another UE shows the good case.
    const second = await ueWith(ksNaf);
    known.set(second.btid, ksNaf);
    expect(await second.ue.register([SERVICE])).toEqual([{ serviceId: SERVICE, responseCode: 200 }]);
    await expect.poll(() => second.ue.ring.list().length, { timeout: 5000 }).toBe(1);
    await second.ue.close();
  } finally {
    await ue.close();
  }
});

/** Requests with made-up B-TIDs, each of which has answered a challenge, 50 at a time. */
async function flood(count: number): Promise<number[]> {
  const url = new URL(`${local.system.keyManagementUrl}?requesttype=register`);
  const body = encodeRegisterRequest([SERVICE]);
  const common = {
    'content-type': MEDIA_TYPE.registerRequest,
    'content-length': String(Buffer.byteLength(body)),
  };
  const { headers } = await httpPost(url, common, body);
  const [challenge] = parseChallenges(headers['www-authenticate'] ?? '');
  if (challenge === undefined) throw new Error('no challenge');
  const forged = async () => {
    const authorization = authorize({
      challenge,
      username: btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' }),
      password: 'a guess',
      method: 'POST',
      uri: url.pathname + url.search,
      entityBody: Buffer.from(body),
      cnonce: 'abc',
      nc: 1,
    });
    const credentials = { ...common, authorization: formatAuthorization(authorization) };
    return (await httpPost(url, credentials, body)).status;
  };
  const statuses: number[] = [];
  while (statuses.length < count)
    statuses.push(...(await Promise.all(Array.from({ length: 50 }, () => forged()))));
  return statuses;
}

it('a flood of made-up B-TIDs asks the BSF no more often than it may, and known UEs are served', async () => {
  const ksNaf = new SecretKey(randomBytes(32));
  const { ue, btid } = await ueWith(ksNaf);
  known.set(btid, ksNaf);
  await ue.register([SERVICE]);
  const asked = bsf.received.length;
  const startedAt = Date.now();
  let isOver = false;
  const flooding = flood(1000).finally(() => {
    isOver = true;
  });
  let served = 0;
  while (!isOver) {
    expect(await ue.register([SERVICE])).toEqual([{ serviceId: SERVICE, responseCode: 200 }]);
    served += 1;
  }
  const statuses = await flooding;
  const seconds = Math.ceil((Date.now() - startedAt) / 1000) + 1;
  expect(bsf.received.length - asked).toBeGreaterThan(0);
  expect(bsf.received.length - asked).toBeLessThanOrEqual(LOOK_UPS_PER_SECOND * seconds);
  expect(new Set(statuses)).toEqual(new Set([401, 503]));
  expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(500);
  expect(served).toBeGreaterThan(0);
  await ue.close();
  // The look-ups of this second are used up.
  await delay(1000);
});

it('a BSF that is gone leaves known UEs alone, and unknown ones are to come again', async () => {
  const ksNaf = new SecretKey(randomBytes(32));
  const { ue, btid } = await ueWith(ksNaf);
  known.set(btid, ksNaf);
  await ue.register([SERVICE]);
  await bsf.stop();
  expect(await ue.register([SERVICE])).toEqual([{ serviceId: SERVICE, responseCode: 200 }]);
  const unknown = await ueWith(ksNaf);
  await expect(unknown.ue.register([SERVICE])).rejects.toMatchObject({ code: 'refused', status: 503 });
  await Promise.all([ue.close(), unknown.ue.close()]);
});
