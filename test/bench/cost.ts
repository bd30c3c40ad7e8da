import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { parseSettings } from '../../cdk/settings.ts';
import { newEvent, type OutgoingEvent } from '../../lib/events/envelope.ts';
import { encodeMskRequest } from '../../lib/key-management/payload/msk-request.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { startInProcess } from '../distribution/in-process.ts';
import { DOMAIN as GROUP_DOMAIN, populate, provisionServices } from '../distribution/population.ts';
import { startUes } from '../distribution/ues.ts';
import { createBmsc, DOMAIN, provision, SERVICE, send } from '../key-management/bmsc.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { PRICES } from './cost/prices.ts';
import { countCapacity, type Units } from './cost/units.ts';

const MILLION = 1_000_000;
/** A warm key request, in a function of 512 MB: assumed, and billed by the ms. */
const LAMBDA_MS = 25;
const LAMBDA_GB = 0.5;
const HOURS = 730;
/** UEs of the push that is measured: ten pages. */
const PUSHED_UES = 5000;

type Procedure = 'registration' | 'MSK request' | 'push';

/** Runs each procedure for one UE on a table that reports its capacity, and counts what it does. */
async function countUnits(
  table: TestTable,
): Promise<{ units: Readonly<Record<Procedure, Units>>; stored: number }> {
  await provision(table);
  const bmsc = createBmsc(table);
  const capacity = countCapacity(table.dynamodb);
  const distribution = await startInProcess(table, {
    verification: false,
    isSilent: true,
    now: bmsc.context.now,
  });
  const measured = async (ues: number, run: () => Promise<readonly OutgoingEvent[]>): Promise<Units> => {
    const before = { ...capacity, octets: distribution.sentOctets() };
    distribution.events.length = 0;
    distribution.handedOn.length = 0;
    const events = await run();
    for (const event of events) await distribution.run(event);
    const messages = events.length + distribution.handedOn.length;
    return {
      readUnits: (capacity.readUnits - before.readUnits) / ues,
      writeUnits: (capacity.writeUnits - before.writeUnits) / ues,
      // With the facts that tell of it; an event is paid for each 64 kB.
      events: [...events, ...distribution.events].reduce((sum, event) => sum + priced(event), 0) / ues,
      // Sent one by one, received and deleted ten at a time.
      queueRequests: (distribution.handedOn.length + messages * 0.2) / ues,
      datagramOctets: (distribution.sentOctets() - before.octets) / ues,
    };
  };
  const request = async (requestType: string, contentType: string, body: string) => {
    bmsc.events.length = 0;
    const { response } = await send(bmsc.context, { requestType, contentType, body });
    if (response.status !== 200) throw new Error(`${requestType} was answered ${response.status}`);
    return [...bmsc.events];
  };
  const registration = await measured(1, () =>
    request('register', 'application/mbms-register+xml', encodeRegisterRequest([SERVICE])),
  );
  const mskRequest = await measured(1, () =>
    request(
      'msk-request',
      'application/mbms-msk+xml',
      encodeMskRequest([{ keyDomainId: DOMAIN, mskId: mskId(1, 0) }]),
    ),
  );
  const stored = await storedOctets(table);
  await distribution.close();
  return {
    units: { registration, 'MSK request': mskRequest, push: await measurePush(table, capacity) },
    stored,
  };
}

/** A push to a group whose UEs confirm, of as many pages as show what a page costs. */
async function measurePush(
  table: TestTable,
  capacity: { readUnits: number; writeUnits: number },
): Promise<Units> {
  await provisionServices(table);
  const ues = await startUes();
  ues.join(await populate(table, PUSHED_UES, ues.address));
  const distribution = await startInProcess(table);
  const before = { ...capacity };
  const data = { keyDomainId: GROUP_DOMAIN, mskId: '00100000', target: { allHolders: true as const } };
  await distribution.run(newEvent('Push MSK', data, { eventId: 'push', now: Date.now() }), 4);
  await distribution.close();
  await ues.close();
  const completed = distribution.events.find(({ detailType }) => detailType === 'MSK Push Completed')?.data;
  if (completed === undefined || !('verified' in completed) || completed.verified !== PUSHED_UES)
    throw new Error(`not all UEs have confirmed: ${JSON.stringify(completed)}`);
  return {
    readUnits: (capacity.readUnits - before.readUnits) / PUSHED_UES,
    writeUnits: (capacity.writeUnits - before.writeUnits) / PUSHED_UES,
    events: distribution.events.reduce((sum, event) => sum + priced(event), 1) / PUSHED_UES,
    queueRequests: (distribution.handedOn.length * 1.2) / PUSHED_UES,
    datagramOctets: distribution.sentOctets() / PUSHED_UES,
  };
}

/** PutEvents is paid for each 64 kB of an event. */
function priced({ data }: OutgoingEvent): number {
  return Math.ceil((JSON.stringify(data).length + 512) / 65_536);
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

function page(units: Readonly<Record<Procedure, Units>>, itemOctets: number): string {
  const rows = Object.entries(units).map(([procedure, each]) => {
    const cost = costOf(each, procedure !== 'push');
    const total = Object.values(cost).reduce((sum, value) => sum + value, 0);
    const parts = Object.entries(cost).map(([name, value]) => `${name} ${value.toFixed(2)}`);
    return `| ${procedure} | ${rounded(each.readUnits)} | ${rounded(each.writeUnits)} | ${rounded(each.events)} | ${rounded(each.queueRequests)} | ${each.datagramOctets.toFixed(0)} | **${total.toFixed(2)}** | ${parts.join(', ')} |`;
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

const rounded = (value: number) => String(Number(value.toFixed(4)));

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
  const { units, stored } = await countUnits(table);
  const text = page(units, stored);
  writeFileSync(join(import.meta.dirname, '../../docs/cost.md'), text);
  process.stdout.write(text);
} finally {
  await table.close();
}
