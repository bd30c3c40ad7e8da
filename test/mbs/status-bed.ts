import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { answerNotification } from '../../functions/mbs-status/answer.ts';
import type { OutgoingEvent } from '../../lib/events/envelope.ts';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { followMbsSession, type MbsFeedContext, type MbsSession } from '../../lib/mbs/feed.ts';
import { MbSmf } from '../../lib/mbs/mb-smf.ts';
import { followMbsStatus } from '../../lib/mbs/status.ts';
import { addServiceToKeyGroup, putMsk } from '../../lib/store/key-group/key-group.ts';
import { loadMbsSession } from '../../lib/store/mbs-session.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { DOMAIN } from '../traffic/msks.ts';
import { type NotificationChanges, notificationOf } from './notifications.ts';
import { type KeptSubscription, StandInMbSmf } from './stand-in-mb-smf.ts';

const START = Date.UTC(2026, 10, 27, 18);
export const DAY_MS = 86_400_000;
export const RELEASED = { eventType: 'MBS_REL_TMGI_EXPIRY', timeStamp: '2026-11-27T18:30:00Z' };

/** An MBS session with one MSK, a stand-in for its MB-SMF, and what follows both: of each test its own. */
interface StatusBed {
  mbSmf: StandInMbSmf;
  context: MbsFeedContext;
  session: MbsSession;
  /** ms since the epoch. */
  now: number;
  published: OutgoingEvent[];
}

export const bed = {} as StatusBed;
let table: TestTable;
let groups = 0;

beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table?.close());
beforeEach(async () => {
  const mbSmf = await StandInMbSmf.start();
  const client = new SbiClient({ userAgent: 'AF-bmsc.home1.net', timeoutMs: 2000 });
  groups += 1;
  const keyGroup = { keyDomainId: DOMAIN, keyGroup: 0x100 + groups };
  bed.mbSmf = mbSmf;
  bed.now = START;
  bed.published = [];
  bed.context = {
    store: table,
    publish: async (events) => void bed.published.push(...events),
    mbSmf: new MbSmf({ client, apiRoot: mbSmf.apiRoot, tokens: undefined }),
    update: 'patch',
    status: { notifyUri: 'https://status.operator.com/mbs-status', onRelease: 're-create', expiryMs: DAY_MS },
    now: () => bed.now,
    randomOctets: (length) => randomBytes(length),
  };
  const members = { serviceType: 'MULTICAST', tmgiAllocReq: true };
  bed.session = { name: `status-${groups}`, keyGroup, to: 'mb-smf', members };
  await addServiceToKeyGroup(table, keyGroup, 'urn:example:news');
  await provision(1);
  return async () => {
    client.close();
    await mbSmf.stop();
  };
});

/** Gives the Key Group an MSK. */
export function provision(keyNumber: number): Promise<void> {
  const msk = { keyNumber, msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY };
  return putMsk(table, bed.session.keyGroup, msk);
}

/** What comes of one look at the session, and at its status. */
export async function look() {
  const { context, session } = bed;
  return [await followMbsSession(context, session), await followMbsStatus(context, session)];
}

/** The facts since the last time that somebody looked. */
export const told = () => bed.published.splice(0).map(({ detailType, data }) => [detailType, data] as const);

/** The only subscription that the MB-SMF has. */
export function subscription(): KeptSubscription {
  expect(bed.mbSmf.subscriptions.size).toBe(1);
  const [kept] = bed.mbSmf.subscriptions.values();
  return kept ?? expect.fail();
}

/** Sends a notification to where the subscription says. */
export const notify = (reports: readonly object[], changes: NotificationChanges = {}) =>
  answerNotification(bed.context, notificationOf(subscription(), reports, changes));

/** What notifications have said of the session. */
export const notified = async () => (await loadMbsSession(table, bed.session.name)).notified;
