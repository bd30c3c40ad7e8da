import { randomBytes, randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { type DeployedBmsc, findBmsc } from '../../../cli/stack.ts';
import { newEvent } from '../../../lib/events/envelope.ts';
import { putRotationSchedule } from '../../../lib/key-rotation/rotation-schedule.ts';
import { formatMskId, type MskId, mskId } from '../../../lib/keys/msk-id.ts';
import { FULL_VALIDITY } from '../../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { putMsk } from '../../../lib/store/key-group/key-group.ts';
import { prepareMsk } from '../../../lib/store/key-group/msk-rotation.ts';
import { completePush, type Push, putPush } from '../../../lib/store/ledger/push.ts';
import { countPage } from '../../../lib/store/ledger/push-chain.ts';
import { type PageOutcome, putOutcome } from '../../../lib/store/ledger/push-page.ts';
import { putUserService } from '../../../lib/store/registration/user-service.ts';
import type { LocalSystem } from '../../../local/system.ts';
import { DOMAIN, GROUP, NEWS, populate, provisionServices } from '../../distribution/population.ts';
import { type JoinedUe, startUes, type TestUes } from '../../distribution/ues.ts';

/** A local system with what an operator's has: UEs, two Key Groups, a history, a schedule, dead letters. */
export interface Bed {
  readonly bmsc: DeployedBmsc;
  readonly ues: readonly JoinedUe[];
  readonly deadLetter: (reason?: string, message?: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
export const WEATHER = { keyDomainId: DOMAIN, keyGroup: 0x0020 };

/** Of 40 UEs, one has keys that have expired, and one no address. */
export const isExpired = (index: number) => index % 40 === 7;
export const hasNoAddress = (index: number) => index % 40 === 21;

/** Fills a local system. `count` UEs are registered, and answer. */
export async function fillBed(system: LocalSystem, count: number): Promise<Bed> {
  const { stackName: stack, endpointUrl } = system;
  const bmsc = await findBmsc({ stack, endpointUrl, local: true });
  await provisionServices(bmsc.store);
  await putUserService(bmsc.store, { serviceId: 'urn:example:weather', keyGroups: [WEATHER] });
  const own: TestUes = await startUes();
  const ues = own.join(
    await populate(bmsc.store, count, own.address, {
      expiresAtOf: (index) => Date.now() + (isExpired(index) ? -HOUR : 20 * HOUR),
      addressOf: (index) => (hasNoAddress(index) ? undefined : own.address),
    }),
  );
  await putRotationSchedule(
    bmsc.schedules,
    GROUP,
    { expression: 'rate(7 days)', leadTimeSeconds: 3600 },
    Date.now() - 3 * DAY,
  );
  const deadLetter = (reason?: string, message?: string) => sendDeadLetter(bmsc, reason, message);
  return { bmsc, ues, deadLetter, close: () => own.close() };
}

/** Pushes of the last four weeks, as senders leave them in the ledger, and a rotation under way. */
export async function addHistory({ bmsc, ues }: Bed): Promise<void> {
  const { store } = bmsc;
  const now = Date.now();
  const impis = ues.map(({ impi }) => impi);
  for (const keyNumber of [2, 3, 4]) await putMsk(store, GROUP, msk(keyNumber), { replace: true });
  for (const [keyNumber, daysAgo, failing] of HISTORY)
    await addPush(bmsc, mskId(GROUP.keyGroup, keyNumber), { startedAt: now - daysAgo * DAY, impis, failing });
  await putMsk(store, WEATHER, msk(8));
  const few = impis.slice(0, 12);
  const startedAt = now - 20 * HOUR;
  await addPush(bmsc, mskId(WEATHER.keyGroup, 8), { startedAt, impis: few, failing: 0 });
  const { msk: next, validity } = msk(9);
  await prepareMsk(store, WEATHER, { request: randomUUID(), msk: next, validity, now, leadTimeMs: 2 * HOUR });
  await addPush(bmsc, mskId(WEATHER.keyGroup, 9), { startedAt: now - HOUR, impis: few, failing: 1 });
}

/** Key Number, days ago, and the UEs that did not confirm. */
const HISTORY = [
  [1, 27, 9],
  [2, 20, 4],
  [2, 19.9, 1],
  [3, 13, 6],
  [4, 6, 3],
] as const;

function msk(keyNumber: number) {
  return { keyNumber, msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY };
}

/** A push that a sender ended long ago. */
interface PastPush {
  /** ms since the epoch */
  readonly startedAt: number;
  readonly impis: readonly string[];
  /** Of them, how many did not confirm. */
  readonly failing: number;
}

async function addPush(
  { store }: DeployedBmsc,
  id: MskId,
  { startedAt, impis, failing }: PastPush,
): Promise<void> {
  const push: Push = {
    pushId: randomUUID(),
    kind: 'msk',
    keyDomainId: DOMAIN,
    mskId: id,
    verification: undefined,
    pacing: { perSecond: 50 },
    source: { kind: 'services', services: [{ serviceId: NEWS, chains: 1 }] },
    correlationId: randomUUID(),
    startedAt,
    expected: impis.length,
  };
  await putPush(store, push);
  const outcome: PageOutcome = {
    verified: impis.slice(failing),
    sent: [],
    failed: Object.fromEntries(failing === 0 ? [] : [['not-verified', impis.slice(0, failing)]]),
  };
  const page = { pushId: push.pushId, chain: 0, page: 0 };
  await putOutcome(store, page, outcome);
  await countPage(store, { ...page, end: undefined }, outcome, startedAt);
  await completePush(store, push.pushId, startedAt + impis.length * 21);
}

async function sendDeadLetter({ queues }: DeployedBmsc, reason?: string, message?: string): Promise<void> {
  const data = {
    keyDomainId: DOMAIN,
    mskId: formatMskId(mskId(0x0010, 0)),
    target: { allHolders: true } as const,
  };
  const { detailType, ...detail } = newEvent('Push MSK', data, { eventId: randomUUID(), now: Date.now() });
  const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
  const event = { source: 'bmsc.keymanagement', 'detail-type': detailType, detail };
  await queues.sqs.send(
    new SendMessageCommand({
      QueueUrl: queues.deadLetterQueueUrl,
      MessageBody: JSON.stringify(event),
      MessageAttributes: {
        ...(reason !== undefined && { reason: attribute(reason) }),
        ...(message !== undefined && { message: attribute(message) }),
      },
    }),
  );
}
