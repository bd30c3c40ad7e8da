import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { openTableClient } from '../../functions/aws-calls/table-client.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { decodeMikeyMessage } from '../../lib/mikey/index.ts';
import { reserveMtkNumbers } from '../../lib/store/traffic/mtk-range.ts';
import { MtkSchedule } from '../../lib/traffic/schedule.ts';
import { trafficMskOf } from '../../lib/traffic/traffic-key.ts';
import { DOMAIN, newMtk } from './msks.ts';

// A sender of MTKs that a test kills. It prints a line for each message: MTK ID, counter, digest of the MTK.

const [, , endpoint, tableName = ''] = process.argv;
const dynamodb = openTableClient({
  ...(endpoint === undefined ? {} : { endpoint }),
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});
const msk = trafficMskOf({
  keyDomainId: DOMAIN,
  mskId: { keyGroup: 1, keyNumber: 1 },
  msk: new SecretKey(Buffer.alloc(16, 7)),
  validity: { seql: 10, sequ: 0xffff },
});
const schedule = new MtkSchedule(
  { changeMs: 15, repeatMs: 4, announceMs: 5, overlapMs: 0, lowMtkIds: 0 },
  { reserve: (each, wanted) => reserveMtkNumbers({ dynamodb, tableName }, each, wanted), newMtk },
);
const digests = new Map<number, string>();
for (;;) {
  const view = { current: msk, next: undefined, revoked: new Set<string>() };
  const { messages, events } = await schedule.step(performance.now(), view);
  for (const event of events) {
    if (event.kind !== 'mtk-made') continue;
    const digest = createHash('sha256').update(event.key.mtk.exposeOctets()).digest('hex');
    digests.set(event.key.mtkId, digest);
  }
  for (const octets of messages) {
    const { keyIds, timestamp } = decodeMikeyMessage(octets);
    const { mtkId = -1 } = keyIds;
    process.stdout.write(`${mtkId} ${timestamp.counter} ${digests.get(mtkId)}\n`);
  }
  await delay(1);
}
