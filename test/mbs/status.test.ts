import { describe, expect, test } from 'vitest';
import { endMbsSession } from '../../lib/mbs/end-session.ts';
import { followMbsSession } from '../../lib/mbs/feed.ts';
import { followMbsStatus } from '../../lib/mbs/status.ts';
import { bed, DAY_MS, look, notified, notify, provision, subscription, told } from './status-bed.ts';

describe('the status of a session', () => {
  test('is subscribed to once it is created, with the ID that the MB-SMF gave it', async () => {
    expect(await look()).toEqual(['created', 'subscribed']);
    expect(subscription()).toEqual({
      mbsSessionId: { tmgi: { mbsServiceId: 'ffffff', plmnId: { mcc: '001', mnc: '01' } } },
      eventList: [{ eventType: 'MBS_REL_TMGI_EXPIRY' }],
      notifyUri: expect.stringMatching(
        new RegExp(`^https://status\\.operator\\.com/mbs-status/${bed.session.name}/[0-9a-f]{32}$`),
      ),
      notifyCorrelationId: expect.stringMatching(/^[0-9a-f]{32}$/),
      expiryTime: '2026-11-28T18:00:00.000Z',
    });
    expect(await look()).toEqual(['current', 'current']);
    expect(bed.mbSmf.seen()).toEqual(['POST 201', 'POST 201']);
  });

  test('of a broadcast is that of its delivery, too', async () => {
    bed.session = { ...bed.session, members: { ...bed.session.members, serviceType: 'BROADCAST' } };
    await look();
    expect(subscription().eventList).toEqual([
      { eventType: 'MBS_REL_TMGI_EXPIRY' },
      { eventType: 'BROADCAST_DELIVERY_STATUS' },
    ]);
    const started = { eventType: 'BROADCAST_DELIVERY_STATUS', broadcastDelStatus: 'STARTED' };
    const at = (timeStamp: string, broadcastDelStatus = 'TERMINATED') => ({
      ...{ ...started, timeStamp, broadcastDelStatus },
    });
    expect((await notify([started, started])).results).toEqual(['delivery', 'repeated']);
    expect((await notify([at('2026-11-27T18:10:00Z')])).results).toEqual(['delivery']);
    expect((await notify([at('2026-11-27T18:05:00Z', 'STARTED')])).results).toEqual(['repeated']);
    expect(await notified()).toMatchObject({ delivery: 'TERMINATED' });
    expect(told().map(([name]) => name)).toEqual(['MBS Session Updated']);
  });

  test('is renewed after half of the time that the MB-SMF gives', async () => {
    bed.mbSmf.lastExpiry = '2026-11-27T20:00:00.000Z';
    await look();
    bed.now += 3_599_999;
    expect(await look()).toEqual(['current', 'current']);
    bed.mbSmf.lastExpiry = undefined;
    bed.now += 1;
    expect(await look()).toEqual(['current', 'renewed']);
    expect(subscription().expiryTime).toBe('2026-11-28T19:00:00.000Z');
    const renewal = bed.mbSmf.exchanges.at(-1) ?? expect.fail();
    expect(renewal.headers['content-type']).toBe('application/json-patch+json');
    expect(JSON.parse(renewal.body)).toEqual([
      { op: 'replace', path: '/expiryTime', value: '2026-11-28T19:00:00.000Z' },
    ]);
    bed.now += DAY_MS / 2;
    expect(await look()).toEqual(['current', 'renewed']);
  });

  test('is subscribed to anew when it is over, unknown to the MB-SMF, or not renewed there', async () => {
    await look();
    bed.now += DAY_MS;
    expect(await look()).toEqual(['current', 'subscribed']);
    bed.mbSmf.subscriptions.clear();
    bed.now += DAY_MS / 2;
    expect(await look()).toEqual(['current', 'subscribed']);
    bed.mbSmf.otherwise = ({ method }) => (method === 'PATCH' ? { status: 403 } : undefined);
    bed.now += DAY_MS / 2;
    expect(await look()).toEqual(['current', 'subscribed']);
    expect(bed.mbSmf.subscriptions.size).toBe(1);
  });

  test('of a session that was created anew is another one, and the one before is ended', async () => {
    bed.context = { ...bed.context, update: 're-create' };
    await look();
    const [before] = bed.mbSmf.subscriptions.keys();
    await provision(2);
    bed.now += 1;
    expect(await look()).toEqual(['re-created', 'subscribed']);
    expect(bed.mbSmf.subscriptions.size).toBe(1);
    expect(bed.mbSmf.subscriptions.has(before ?? '')).toBe(false);
  });

  test('that is not wanted any more has no subscription', async () => {
    await look();
    bed.context = { ...bed.context, status: undefined };
    expect(await look()).toEqual(['current', 'unsubscribed']);
    expect(bed.mbSmf.subscriptions.size).toBe(0);
    expect(await look()).toEqual(['current', 'current']);
  });

  test('of a session that is ended is ended before it, and both stay so', async () => {
    await look();
    bed.session = { ...bed.session, isEnded: true };
    bed.mbSmf.seen();
    bed.mbSmf.otherwise = ({ path }) => (path.includes('subscriptions') ? undefined : { status: 503 });
    expect(await endMbsSession(bed.context, bed.session)).toBe('unavailable');
    expect(await endMbsSession(bed.context, bed.session)).toBe('waiting');
    bed.mbSmf.otherwise = () => undefined;
    bed.now += 15_000;
    expect(await endMbsSession(bed.context, bed.session)).toBe('ended');
    expect(bed.mbSmf.seen()).toEqual(['DELETE 204', 'DELETE 503', 'DELETE 204']);
    expect([bed.mbSmf.sessions.size, bed.mbSmf.subscriptions.size]).toEqual([0, 0]);
    expect(await endMbsSession(bed.context, bed.session)).toBe('current');
    expect(await followMbsStatus(bed.context, bed.session)).toBe('current');
    expect(told().slice(1)).toMatchObject([
      ['MBS Session Update Failed', { session: bed.session.name, reason: 'unavailable' }],
      ['MBS Session Released', { session: bed.session.name, why: 'ended' }],
    ]);
  });
});

describe('an MB-SMF that refuses the subscription', () => {
  const ofStatus = (answer: { status: number; headers?: Record<string, string> }) => {
    bed.mbSmf.otherwise = ({ path }) => (path.includes('subscriptions') ? answer : undefined);
  };

  test('has the MSKs all the same, and is asked again after ten minutes', async () => {
    ofStatus({ status: 403 });
    expect(await look()).toEqual(['created', 'refused']);
    bed.now += 599_999;
    expect(await look()).toEqual(['current', 'waiting']);
    bed.now += 1;
    expect(await look()).toEqual(['current', 'refused']);
    ofStatus({ status: 503, headers: { 'retry-after': '20' } });
    bed.now += 600_000;
    expect(await look()).toEqual(['current', 'unavailable']);
    bed.mbSmf.otherwise = () => undefined;
    bed.now += 20_000;
    expect(await look()).toEqual(['current', 'subscribed']);
  });

  test('while it is renewed, or is away, is asked again before it ends', async () => {
    await look();
    bed.now += DAY_MS / 2;
    ofStatus({ status: 500 });
    expect(await look()).toEqual(['current', 'unavailable']);
    expect((await notify([])).response.status).toBe(400);
    bed.mbSmf.otherwise = () => undefined;
    bed.now += 15_000;
    expect(await look()).toEqual(['current', 'renewed']);
  });

  test.each<[string, object | undefined]>([
    ['what is none', {}],
    [
      'one that is over',
      { subscription: { eventList: [], notifyUri: 'x', expiryTime: '2026-11-27T18:00:00Z' } },
    ],
  ])('by answering %s is asked again', async (_, value) => {
    ofStatus({ status: 201, value } as never);
    expect(await look()).toEqual(['created', 'unavailable']);
  });

  test('and names no session has no subscription', async () => {
    const location = `${bed.mbSmf.apiRoot}/nmbsmf-mbssession/v1/mbs-sessions/x`;
    bed.mbSmf.otherwise = () => ({ status: 201, headers: { location } });
    expect(await look()).toEqual(['created', 'unavailable']);
    expect(bed.mbSmf.seen()).toEqual(['POST 201']);
  });

  test('that answers without content has one without a place, made anew when it is to be renewed', async () => {
    ofStatus({ status: 204 });
    expect(await look()).toEqual(['created', 'subscribed']);
    bed.now += DAY_MS / 2;
    expect(await look()).toEqual(['current', 'subscribed']);
    expect(bed.mbSmf.seen()).toEqual(['POST 201', 'POST 204', 'POST 204']);
  });
});

test('of two that look at a time one subscribes', async () => {
  await followMbsSession(bed.context, bed.session);
  const results = await Promise.all([1, 2, 3].map(() => followMbsStatus(bed.context, bed.session)));
  expect(results.sort()).toEqual(['busy', 'busy', 'subscribed']);
  expect(bed.mbSmf.subscriptions.size).toBe(1);
});
