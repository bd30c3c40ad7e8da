import { beforeEach, describe, expect, test } from 'vitest';
import { answerNotification } from '../../functions/mbs-status/answer.ts';
import { formatKeyGroup } from '../../lib/keys/msk-id.ts';
import { type NotificationChanges, notificationOf } from './notifications.ts';
import {
  bed,
  DAY_MS,
  look,
  notified,
  notify,
  provision,
  RELEASED,
  subscription,
  told,
} from './status-bed.ts';

describe('a session that the MB-SMF has released', () => {
  test('is told of once, and created anew with another subscription', async () => {
    await look();
    told();
    bed.now += 600_000;
    const { response, results } = await notify([RELEASED]);
    expect([response, results]).toEqual([{ status: 204, headers: {}, body: '' }, ['released']]);
    const { keyDomainId, keyGroup } = bed.session.keyGroup;
    expect(told()).toEqual([
      [
        'MBS Session Released',
        {
          ...{ session: bed.session.name, keyDomainId, keyGroup: formatKeyGroup(keyGroup) },
          why: 'tmgi-expiry',
        },
      ],
    ]);
    const before = notificationOf(subscription(), [RELEASED]);
    expect(await look()).toEqual(['created', 'subscribed']);
    expect(bed.mbSmf.sessions.size).toBe(2);
    // The one before was ended at the MB-SMF, and is known no more here.
    expect(bed.mbSmf.subscriptions.size).toBe(1);
    expect((await answerNotification(bed.context, before)).response.status).toBe(404);
    expect(await look()).toEqual(['current', 'current']);
  });

  test('is not created again and again when it is released as soon as it is there', async () => {
    await look();
    await notify([RELEASED]);
    expect(await look()).toEqual(['waiting', 'current']);
    bed.now += 599_999;
    expect(await look()).toEqual(['waiting', 'current']);
    bed.now += 1;
    expect(await look()).toEqual(['created', 'subscribed']);
  });

  test('stays so where the setting says stop, also when MSKs change, until its members are others', async () => {
    const { status } = bed.context;
    bed.context = { ...bed.context, status: status && { ...status, onRelease: 'stop' } };
    await look();
    bed.mbSmf.seen();
    await notify([RELEASED]);
    bed.now += DAY_MS;
    await provision(2);
    expect(await look()).toEqual(['released', 'current']);
    expect(bed.mbSmf.seen()).toEqual([]);
    bed.session = { ...bed.session, members: { ...bed.session.members, anyUeInd: true } };
    expect(await look()).toEqual(['created', 'subscribed']);
  });

  test('before it was subscribed to is created anew all the same', async () => {
    bed.mbSmf.happened = [{ eventType: 'MBS_REL_TMGI_EXPIRY' }];
    expect(await look()).toEqual(['created', 'subscribed']);
    bed.mbSmf.happened = [];
    bed.now += 600_000;
    expect(await look()).toEqual(['created', 'subscribed']);
  });

  test('is told of when the bus is back, once', async () => {
    await look();
    told();
    const { publish } = bed.context;
    bed.context = { ...bed.context, publish: () => Promise.reject(new Error('the bus is away')) };
    await expect(notify([RELEASED])).rejects.toThrow('the bus is away');
    bed.context = { ...bed.context, publish };
    expect((await notify([RELEASED])).results).toEqual(['released']);
    expect((await notify([RELEASED])).results).toEqual(['repeated']);
    expect(told()).toHaveLength(1);
  });
});

describe('a notification', () => {
  beforeEach(async () => {
    await look();
    told();
    return async () => {
      expect(told()).toEqual([]);
      expect((await notified()).releasedBy).toBeUndefined();
    };
  });

  test.each([
    ['of an unknown session', () => ({ path: '/mbs-status/nobody/00112233445566778899aabbccddeeff' })],
    [
      'with another token',
      () => ({ path: `/mbs-status/${bed.session.name}/00112233445566778899aabbccddeeff` }),
    ],
    ['with no token', () => ({ path: `/mbs-status/${bed.session.name}/x` })],
    ['to another path', () => ({ path: '/mbs-status' })],
  ])('of an unknown subscription (%s) is answered 404', async (_, changes) => {
    const { response } = await notify([RELEASED], changes());
    expect(response.status).toBe(404);
    expect(JSON.parse(response.body)).toMatchObject({ status: 404, cause: 'SUBSCRIPTION_NOT_FOUND' });
  });

  test('with a wrong correlation ID is answered 400', async () => {
    const { response, results } = await notify([RELEASED], { correlationId: 'of-another' });
    expect(results).toEqual(['wrong-correlation']);
    expect([response.status, response.headers['content-type']]).toEqual([400, 'application/problem+json']);
  });

  test.each([
    ['no JSON', '{'],
    ['no event', '{"eventList":{"eventReportList":[]}}'],
    ['no list', '{}'],
    ['a time that is none', '{"eventList":{"eventReportList":[{"eventType":"X","timeStamp":"soon"}]}}'],
    ['more events than any', JSON.stringify({ eventList: { eventReportList: Array(65).fill(RELEASED) } })],
  ])('that has %s is answered 400', async (_, body) => {
    expect((await notify([], { body })).response.status).toBe(400);
  });

  test.each<[string, number, NotificationChanges]>([
    ['by GET', 405, { method: 'GET' }],
    ['in another type', 415, { headers: { 'content-type': 'text/plain' } }],
    ['compressed', 415, { headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } }],
    ['too large', 413, { body: ' '.repeat(65_537) }],
  ])('%s is answered %i', async (_, status, changes) => {
    expect((await notify([RELEASED], changes)).response.status).toBe(status);
  });

  test('of events of other types is taken, and does nothing', async () => {
    const reports = [{ eventType: 'INGRESS_TUNNEL_ADD_CHANGE' }, { eventType: 'OF_A_LATER_RELEASE' }];
    const { response, results } = await notify(reports);
    expect([response.status, results]).toEqual([204, ['passed-over', 'passed-over']]);
  });
});

test('a release that is sent again changes nothing', async () => {
  await look();
  told();
  const again = notificationOf(subscription(), [RELEASED]);
  for (let times = 0; times < 3; times++)
    expect((await answerNotification(bed.context, again)).response.status).toBe(204);
  expect(told()).toHaveLength(1);
});

test('one that an MB-SMF does not name in is known by its URI alone', async () => {
  await look();
  told();
  expect((await notify([RELEASED], { correlationId: undefined })).results).toEqual(['released']);
});
