import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { AnswerBounds } from '../../lib/distribution/answers/answer-bounds.ts';
import type { DistributionContext } from '../../lib/distribution/context.ts';
import { MikeyCounters } from '../../lib/distribution/delivery/counter.ts';
import { Delivery } from '../../lib/distribution/delivery/delivery.ts';
import { createWorkHandler } from '../../lib/distribution/handle-work.ts';
import { NO_OBSERVER } from '../../lib/distribution/observer.ts';
import { formatUnit, type WorkUnit } from '../../lib/distribution/push/work.ts';
import { CommandSources } from '../../lib/events/command-sources.ts';
import { newEvent, type OutgoingEvent } from '../../lib/events/envelope.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { parseImpi } from '../../lib/gba/impi.ts';
import { mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import { encodeMskRequest } from '../../lib/key-management/payload/msk-request.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { buildMskMessages, type MessageBatch } from '../../lib/mikey/message/msk-batch.ts';
import { checkVerificationMessages } from '../../lib/mikey/message/verification-batch.ts';
import { putAssociation } from '../../lib/store/association/put-association.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { grant } from '../granted-request.ts';
import { createBmsc, DOMAIN, NOW, provision, SERVICE, send } from '../key-management/bmsc.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { idleTable } from './cost/idle.ts';
import { PRICES } from './cost/prices.ts';
import { countCapacity, type Units } from './cost/units.ts';

const MILLION = 1_000_000;
/** A warm key request, in a function of 512 MB: assumed, and billed by the ms. */
const LAMBDA_MS = 25;
const LAMBDA_GB = 0.5;

type Procedure = 'registration' | 'MSK request' | 'push to a User Service';

/** UEs of the group push that is counted. */
const UES = 2000;

/** Runs each procedure on a table that reports its capacity, and counts what it does for one UE. */
async function countUnits(table: TestTable): Promise<Readonly<Record<Procedure, Units>>> {
  await provision(table);
  const bmsc = createBmsc(table);
  const capacity = countCapacity(table.dynamodb);
  const counted = { datagramOctets: 0, datagrams: 0, published: 0, queued: 0 };
  const handle = createWorkHandler(distributionOf(bmsc.context, counted));
  /**
   * An event goes through the bus into the queue; a unit of work only through the queue: sent, received by
   * ten, deleted by ten.
   */
  const work = async (body: string) => {
    counted.queued += 1;
    const { kind } = await handle(body);
    if (kind !== 'done') throw new Error('the work was put off');
  };
  const measured = async (run: () => Promise<readonly OutgoingEvent[]>, ues = 1): Promise<Units> => {
    const before = { ...capacity, ...counted };
    const events = await run();
    for (const event of events) await work(asDelivered(event));
    for (let unit = units.shift(); unit !== undefined; unit = units.shift()) await work(formatUnit(unit));
    const octets =
      (counted.datagramOctets - before.datagramOctets) / Math.max(1, counted.datagrams - before.datagrams);
    const unitsSent = counted.queued - before.queued - events.length;
    return {
      readUnits: (capacity.readUnits - before.readUnits) / ues,
      writeUnits: (capacity.writeUnits - before.writeUnits) / ues,
      // No UE answers here; where they do, each delivery of an event or of a page publishes one event more.
      events: (events.length + counted.published - before.published + Math.max(1, unitsSent)) / ues,
      queueRequests: ((counted.queued - before.queued) * 0.2 + unitsSent * 0.1) / ues,
      datagramOctets: Math.round(octets),
    };
  };
  const request = async (requestType: string, contentType: string, body: string) => {
    bmsc.events.length = 0;
    const { response } = await send(bmsc.context, { requestType, contentType, body });
    if (response.status !== 200) throw new Error(`${requestType} was answered ${response.status}`);
    return [...bmsc.events];
  };
  const registration = await measured(() =>
    request('register', 'application/mbms-register+xml', encodeRegisterRequest([SERVICE])),
  );
  const mskRequest = await measured(() =>
    request(
      'msk-request',
      'application/mbms-msk+xml',
      encodeMskRequest([{ keyDomainId: DOMAIN, mskId: mskId(1, 0) }]),
    ),
  );
  await registerMany(table);
  const push = await measured(
    async () => [
      newEvent(
        'Push MSK',
        { keyDomainId: DOMAIN, mskId: '00010000', target: { serviceId: SERVICE } },
        { eventId: 'push', now: bmsc.context.now() },
      ),
    ],
    UES,
  );
  return { registration, 'MSK request': mskRequest, 'push to a User Service': push };
}

/** Units that were handed on and are still to be done. */
const units: WorkUnit[] = [];

function distributionOf(
  { store, now, randomOctets, settings }: ReturnType<typeof createBmsc>['context'],
  counted: { datagramOctets: number; datagrams: number; published: number },
): DistributionContext {
  const transport = {
    sendBatch: async (batch: MessageBatch) => {
      counted.datagramOctets += batch.octets.length;
      counted.datagrams += batch.count;
      return Array<undefined>(batch.count).fill(undefined);
    },
  };
  const delivery = new Delivery(
    {
      nafFqdn: settings.nafFqdn,
      retransmission: { tries: 1, firstMs: 60_000 },
      perSecond: MILLION,
      perPrefixPerSecond: undefined,
      prefixLengths: { ipv4: 24, ipv6: 56 },
    },
    {
      transport,
      buildMskMessages,
      checkVerificationMessages,
      counters: new MikeyCounters(),
      now,
      elapsed: () => performance.now(),
      random: Math.random,
      randomOctets,
      report: () => {},
    },
  );
  return {
    store,
    delivery,
    publish: async (events) => {
      counted.published += events.length;
    },
    enqueue: async (more) => void units.push(...more),
    now,
    randomOctets,
    senderId: 'cost',
    verification: false,
    commandSources: new CommandSources(),
    sendReplays: false,
    spreadSeconds: 0,
    pageUes: 2000,
    leaseMs: 60_000,
    progressEveryMs: MILLION,
    isProgressDue: () => false,
    nafFqdn: 'bmsc.home1.net',
    answers: new AnswerBounds(() => performance.now()),
    journal: { add: () => {} },
    retryPolicy: { attempts: 1, firstPauseMs: 0, maxPauseMs: 0, pause: async () => {} },
    observer: NO_OBSERVER,
  };
}

/** UEs registered to the User Service, each with an association that has made a request. */
async function registerMany(table: TestTable): Promise<void> {
  for (let index = 0; index < UES; index++) {
    const impi = parseImpi(`00101${String(index).padStart(10, '0')}@ims.mnc001.mcc001.3gppnetwork.org`);
    const btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.mnc001.mcc001.pub.3gppnetwork.org' });
    const keys = mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(randomBytes(32)) });
    const times = { bootstrappedAt: NOW - 1000, expiresAt: NOW + 3_600_000 };
    await putSubscription(table, impi, SERVICE);
    await putAssociation(table, { btid, impi, gbaType: 'GBA_ME', ...keys, ...times });
    await grant(table, btid, { ueAddress: { address: '192.0.2.1', port: 2269 }, register: [SERVICE] });
  }
}

/** The price of one procedure for a million UEs, by what it pays for. */
function costOf(units: Units, isRequest: boolean): Readonly<Record<string, number>> {
  const request: Record<string, number> = isRequest
    ? {
        // The challenge and the answer to it.
        CloudFront: 2 * PRICES.cloudFront,
        'HTTP API': 2 * PRICES.httpApi,
        Lambda:
          2 * (PRICES.lambdaRequests + (MILLION * LAMBDA_GB * LAMBDA_MS * PRICES.lambdaGbSecond) / 1000),
      }
    : {};
  return {
    ...request,
    DynamoDB: units.readUnits * PRICES.readUnits + units.writeUnits * PRICES.writeUnits,
    EventBridge: units.events * PRICES.events,
    SQS: units.queueRequests * PRICES.queueRequests,
    'data out': ((units.datagramOctets + 28) * MILLION * PRICES.dataOut) / 1e9,
  };
}

function asDelivered({ detailType, metadata, data }: OutgoingEvent): string {
  return JSON.stringify({
    source: 'bmsc.keymanagement',
    'detail-type': detailType,
    detail: { metadata, data },
  });
}

function page(units: Readonly<Record<Procedure, Units>>, itemOctets: number): string {
  const rows = Object.entries(units).map(([procedure, each]) => {
    const cost = costOf(each, !procedure.startsWith('push'));
    const total = Object.values(cost).reduce((sum, value) => sum + value, 0);
    const parts = Object.entries(cost).map(([name, value]) => `${name} ${value.toFixed(2)}`);
    return `| ${procedure} | ${each.readUnits.toFixed(2)} | ${each.writeUnits.toFixed(3)} | ${each.events.toFixed(3)} | ${each.queueRequests.toFixed(4)} | ${each.datagramOctets} | **${total.toFixed(2)}** | ${parts.join(', ')} |`;
  });
  const storage = ((itemOctets * MILLION) / 1e9) * PRICES.storage;
  return `# What it costs

Made by \`npm run cost\`: the procedures run on an emulator of DynamoDB whose client counts the capacity that it
reports, and the calls and events that they make; list prices of ${PRICES.region}, US dollars, as of ${PRICES.asOf}
(test/bench/cost/prices.ts), without free tiers. A warm key request is assumed to take ${LAMBDA_MS} ms at 512 MB; a request is two,
for a challenge comes first, unless the UE counts on under its last nonce. Logs are not in it. A refused
request writes one unit, too: its nonce count is used up.

For one UE, and in dollars for a million UEs:

| | read units | write units | events | queue requests | octets of MIKEY | $ for a million | of that |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}

Of these prices others have published the same in 2026: ${PRICES.confirmed.join('; ')}. Of the rest nothing newer was found that
says its date: ${PRICES.unconfirmed.join(', ')}. AWS's own pages could not be read: look them up before you rely on a
figure. Since November 2025 CloudFront has plans at a flat rate, too (a million requests a month for nothing, 10 million for 15
dollars a distribution); they are not counted here, and whether one takes this distribution was not tried.

Storage of a million UEs, ${itemOctets} octets each: ${storage.toFixed(2)} a month.

## While nobody asks

Counted from the templates, so that it follows the settings; data that flows through gateways and endpoints is not in it.

${idleTable()}

The traffic key service is not in it: each of its tasks (two by default) costs 7.21 a month, and 3.65 with a public address.

The product's own metrics cost ${PRICES.customMetric.toFixed(2)} a month for each series, by the hour in which it is written: a result that never
happens costs nothing. Logs cost by the octet: each key request writes lines of access and function, and flow logs
write a line for each flow. A trail of CloudTrail, a web ACL, Transit Gateways and connections of your own come on top.

The \`small\` profile gives up:

- a second zone: while that zone fails, nothing is sent; requests are still answered;
- half of the sender's CPU and memory: a push that they bound takes longer;
- flow logs, the dashboard, and Container Insights, so also \`sender.scaling\`;
- logs and archived events older than a week.

Table, encryption, alarms, edge and what UEs are told are the same. With \`sender.desiredCount\` 0 it has no sender, and
nothing is sent. A setting beside the profile puts any of this back.
`;
}

async function storedOctets(table: TestTable): Promise<number> {
  const { Items = [] } = await table.dynamodb.send(new ScanCommand({ TableName: table.tableName }));
  const ofUe = Items.filter(({ pk }) => /^(B-TID|IMPI|REGISTRATIONS)#/.test(pk?.S ?? ''));
  const ues = ofUe.filter(({ pk }) => pk?.S?.startsWith('B-TID#')).length;
  return Math.round(ofUe.reduce((sum, item) => sum + sizeOf(item), 0) / ues);
}

/** As DynamoDB counts: names and values, numbers by their digits. */
function sizeOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + sizeOf(each), 0);
  if (typeof value !== 'object' || value === null) return 1;
  return Object.entries(value).reduce(
    (sum, [name, each]) => sum + (/^(S|N|B|SS|NS|BOOL|M|L)$/.test(name) ? 0 : name.length) + sizeOf(each),
    0,
  );
}

const table = await startTable();
try {
  const units = await countUnits(table);
  const text = page(units, await storedOctets(table));
  writeFileSync(join(import.meta.dirname, '../../docs/cost.md'), text);
  process.stdout.write(text);
} finally {
  await table.close();
}
