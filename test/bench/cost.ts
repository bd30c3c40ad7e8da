import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { parseSettings } from '../../cdk/settings.ts';
import { createMikeyCounters } from '../../lib/distribution/counter.ts';
import { type AwaitedMsk, type DistributionContext, distribute } from '../../lib/distribution/distribute.ts';
import { createOutstandingMessages } from '../../lib/distribution/outstanding.ts';
import { MAX_UES_PER_EVENT } from '../../lib/events/contracts.ts';
import { newEvent, type OutgoingEvent, parseEvent } from '../../lib/events/envelope.ts';
import { encodeMskRequest } from '../../lib/key-management/payload/msk-request.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { createBmsc, DOMAIN, IMPI, provision, SERVICE, send } from '../key-management/bmsc.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { PRICES } from './cost/prices.ts';
import { countCapacity, type Units } from './cost/units.ts';

const MILLION = 1_000_000;
/** A warm key request, in a function of 512 MB: assumed, and billed by the ms. */
const LAMBDA_MS = 25;
const LAMBDA_GB = 0.5;
const HOURS = 730;

type Procedure = 'registration' | 'MSK request' | 'push';

/** Runs each procedure for one UE on a table that reports its capacity, and counts what it does. */
async function countUnits(table: TestTable): Promise<Readonly<Record<Procedure, Units>>> {
  await provision(table);
  const bmsc = createBmsc(table);
  const capacity = countCapacity(table.dynamodb);
  let datagramOctets = 0;
  const distribution: DistributionContext = {
    ...bmsc.context,
    transport: {
      send: async (message) => {
        datagramOctets += message.length;
      },
      sendBatch: async ({ octets, count }) => {
        datagramOctets += octets.length;
        return new Array(count).fill(undefined);
      },
      addresses: [],
      close: async () => {},
    },
    counters: createMikeyCounters(),
    outstanding: createOutstandingMessages<AwaitedMsk>(),
    publish: async () => {},
    nafFqdn: bmsc.context.settings.nafFqdn,
    verification: true,
  };
  const measured = async (run: () => Promise<readonly OutgoingEvent[]>): Promise<Units> => {
    const before = { ...capacity, datagramOctets };
    const events = await run();
    for (const event of events) await distribute(distribution, parseEvent(asDelivered(event)));
    return {
      readUnits: capacity.readUnits - before.readUnits,
      writeUnits: capacity.writeUnits - before.writeUnits,
      // With the fact that the MSK was delivered.
      events: events.length + 1,
      // Received ten at a time, deleted one by one.
      queueRequests: events.length * 1.1,
      datagramOctets: datagramOctets - before.datagramOctets,
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
  const push = await measured(async () => [
    newEvent(
      'Push MSK',
      { keyDomainId: DOMAIN, mskId: '00010000', target: { ues: [IMPI] } },
      { eventId: 'push', now: bmsc.context.now() },
    ),
  ]);
  // One event, and one message of the queue, for as many UEs as an event lists.
  const shared = {
    events: push.events - 1 + 1 / MAX_UES_PER_EVENT,
    queueRequests: push.queueRequests / MAX_UES_PER_EVENT,
  };
  return { registration, 'MSK request': mskRequest, push: { ...push, ...shared } };
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
    const cost = costOf(each, procedure !== 'push');
    const total = Object.values(cost).reduce((sum, value) => sum + value, 0);
    const parts = Object.entries(cost).map(([name, value]) => `${name} ${value.toFixed(2)}`);
    return `| ${procedure} | ${each.readUnits} | ${each.writeUnits} | ${each.events.toFixed(3)} | ${each.queueRequests.toFixed(4)} | ${each.datagramOctets} | **${total.toFixed(2)}** | ${parts.join(', ')} |`;
  });
  const { sender } = parseSettings({});
  const senderMonth =
    HOURS * ((sender.cpu / 1024) * PRICES.fargateVcpuHour + (sender.memoryMiB / 1024) * PRICES.fargateGbHour);
  const storage = ((itemOctets * MILLION) / 1e9) * PRICES.storage;
  return `# What it costs

Made by \`npm run cost\`: the procedures run on an emulator of DynamoDB whose client counts the capacity that it
reports, and the calls and events that they make; list prices of ${PRICES.region}, US dollars, as of ${PRICES.asOf}
(test/bench/cost/prices.ts), without free tiers. A warm key request is assumed to take ${LAMBDA_MS} ms at 512 MB; a request is two,
for a challenge comes first, unless the UE counts on under its last nonce. Logs are not in it.

For one UE, and in dollars for a million UEs:

| | read units | write units | events | queue requests | octets of MIKEY | $ for a million | of that |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}

Running, a month: one sender ${senderMonth.toFixed(2)} (${sender.cpu / 1024} vCPU, ${sender.memoryMiB} MiB), six interface endpoints in two zones
${(12 * HOURS * PRICES.endpointHour).toFixed(2)}, KMS key and two secrets ${(PRICES.kmsKey + 2 * PRICES.secret).toFixed(2)}. Storage of a million UEs, ${itemOctets} octets
each: ${storage.toFixed(2)} a month.
`;
}

async function storedOctets(table: TestTable): Promise<number> {
  const { Items = [] } = await table.dynamodb.send(new ScanCommand({ TableName: table.tableName }));
  const ofUe = Items.filter(({ pk }) => /^(B-TID|IMPI|REGISTRATIONS)#/.test(pk?.S ?? ''));
  return ofUe.reduce((sum, item) => sum + sizeOf(item), 0);
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
