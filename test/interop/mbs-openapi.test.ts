import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerNotification } from '../../functions/mbs-status/answer.ts';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { endMbsSession } from '../../lib/mbs/end-session.ts';
import { followMbsSession, MBS_UPDATES, type MbsFeedContext, type MbsSession } from '../../lib/mbs/feed.ts';
import { MbSmf } from '../../lib/mbs/mb-smf.ts';
import { followMbsStatus } from '../../lib/mbs/status.ts';
import { addServiceToKeyGroup, putMsk } from '../../lib/store/key-group/key-group.ts';
import { prepareMsk } from '../../lib/store/key-group/msk-rotation.ts';
import { notificationOf } from '../mbs/notifications.ts';
import { StandInMbSmf } from '../mbs/stand-in-mb-smf.ts';
import { describeWith } from '../peers.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { DOMAIN } from '../traffic/msks.ts';
import { type Exchange, faultsOf, OPENAPI } from './openapi/validator.ts';

const NOW = Date.UTC(2026, 10, 27, 18);
const SESSIONS = [
  {
    serviceType: 'MULTICAST',
    mbsSessionId: { tmgi: { mbsServiceId: '00aa01', plmnId: { mcc: '001', mnc: '01' } } },
  },
  { serviceType: 'MULTICAST', tmgiAllocReq: true },
  {
    serviceType: 'MULTICAST',
    mbsSessionId: {
      ssm: { sourceIpAddr: { ipv4Addr: '192.0.2.1' }, destIpAddr: { ipv4Addr: '232.0.0.1' } },
    },
  },
];

describeWith(OPENAPI, 'what an MB-SMF gets, by 3GPP’s OpenAPI document and a validator of others,', () => {
  let table: TestTable;
  let mbSmf: StandInMbSmf;
  let client: SbiClient;
  beforeAll(async () => {
    table = await startTable();
    mbSmf = await StandInMbSmf.start();
    client = new SbiClient({ userAgent: 'AF-bmsc.home1.net', timeoutMs: 5000 });
  });
  afterAll(async () => {
    client?.close();
    await mbSmf?.stop();
    await table?.close();
  });

  /** The creation of a session, and its change at a rotation. */
  async function exchangesOf(members: object, update: (typeof MBS_UPDATES)[number], keyGroup: number) {
    const session = {
      name: `s${keyGroup}`,
      keyGroup: { keyDomainId: DOMAIN, keyGroup },
      to: 'mb-smf',
    } as const;
    const context = {
      store: table,
      publish: async () => {},
      mbSmf: new MbSmf({ client, apiRoot: mbSmf.apiRoot, tokens: undefined }),
      update,
      now: () => NOW,
      randomOctets: (length: number) => randomBytes(length),
    };
    const aMsk = () => ({ msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY });
    await addServiceToKeyGroup(table, session.keyGroup, 'urn:example:news');
    await putMsk(table, session.keyGroup, { keyNumber: 1, ...aMsk() });
    const look = () => followMbsSession(context, { ...session, members: { ...members } });
    expect(await look()).toBe('created');
    await prepareMsk(table, session.keyGroup, { request: 'r', ...aMsk(), now: NOW, leadTimeMs: 1000 });
    expect(await look()).toBe(update === 'patch' ? 'updated' : 're-created');
    return mbSmf.exchanges.splice(0);
  }

  const asExchange = (each: (typeof mbSmf.exchanges)[number]): Exchange => ({
    ...each,
    document: 'TS29532_Nmbsmf_MBSSession.yaml',
  });

  it.each(
    MBS_UPDATES.flatMap((update) => SESSIONS.map((session, index) => [update, index, session] as const)),
  )('%s of session %i is right', async (update, index, session) => {
    const exchanges = (await exchangesOf(session, update, 10 * MBS_UPDATES.indexOf(update) + index + 1)).map(
      asExchange,
    );
    expect(exchanges.map(({ method }) => method)).toEqual(
      update === 'patch' ? ['POST', 'PATCH'] : ['POST', 'DELETE', 'POST'],
    );
    expect(faultsOf(exchanges)).toEqual(exchanges.map(() => null));
  });

  /** A session whose status is followed from its creation to its end, and its notification as a callback. */
  async function statusExchangesOf(members: { readonly serviceType: string }, keyGroup: number) {
    const session: MbsSession = {
      name: `s${keyGroup}`,
      keyGroup: { keyDomainId: DOMAIN, keyGroup },
      to: 'mb-smf',
      members,
    };
    let now = NOW;
    const context: MbsFeedContext = {
      ...{ store: table, publish: async () => {}, update: 'patch', now: () => now },
      mbSmf: new MbSmf({ client, apiRoot: mbSmf.apiRoot, tokens: undefined }),
      status: { notifyUri: 'https://bmsc.net/mbs-status', onRelease: 'stop', expiryMs: 3_600_000 },
      randomOctets: (length) => randomBytes(length),
    };
    await addServiceToKeyGroup(table, session.keyGroup, 'urn:example:news');
    await putMsk(table, session.keyGroup, {
      ...{ keyNumber: 1, msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY },
    });
    mbSmf.happened = [];
    expect(await followMbsSession(context, session)).toBe('created');
    expect(await followMbsStatus(context, session)).toBe('subscribed');
    now += 1_800_000;
    expect(await followMbsStatus(context, session)).toBe('renewed');
    const [kept] = [...mbSmf.subscriptions.values()].slice(-1);
    const events = [{ eventType: 'MBS_REL_TMGI_EXPIRY', timeStamp: new Date(now).toISOString() }];
    const notification = notificationOf(kept ?? expect.fail(), events);
    const { response } = await answerNotification(context, notification);
    expect(await endMbsSession(context, { ...session, isEnded: true })).toBe('ended');
    const callback: Exchange = {
      document: 'TS29532_Nmbsmf_MBSSession.yaml',
      callback: ['/mbs-sessions/subscriptions', 'statusNotification'],
      ...{ method: 'POST', path: '/callback', headers: Object.fromEntries(notification.headers) },
      body: Buffer.from(notification.body).toString(),
      answer: { status: response.status, body: response.body, headers: response.headers },
    };
    return { requests: mbSmf.exchanges.splice(0).map(asExchange), callback, notification, context };
  }

  it.each(SESSIONS.map((session, index) => [index, session] as const))(
    'subscription, renewal, notification and end of session %i are right',
    async (index, session) => {
      const { requests, callback } = await statusExchangesOf(session, 40 + index);
      expect(requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'PATCH', 'DELETE', 'DELETE']);
      const exchanges = [...requests, callback];
      expect(faultsOf(exchanges)).toEqual(exchanges.map(() => null));
    },
  );

  it('a refusal of a notification is right, too', async () => {
    const { callback, notification, context } = await statusExchangesOf(
      { serviceType: 'BROADCAST', ...SESSIONS[1] },
      50,
    );
    const { response } = await answerNotification(context, notification);
    expect(response.status).toBe(404);
    const type = response.headers['content-type'] ?? '';
    const refused = { ...callback, answer: { status: 404, body: response.body, type } };
    expect(faultsOf([refused])).toEqual([null]);
  });

  it('the validator sees what is wrong in a subscription, a notification and its answer', async () => {
    const { requests, callback } = await statusExchangesOf(SESSIONS[0] ?? expect.fail(), 60);
    const [, subscribed = expect.fail()] = requests;
    const wrong = [
      { ...subscribed, body: subscribed.body.replace('notifyUri', 'notifyUrl') },
      { ...subscribed, body: subscribed.body.replace(/"eventList":\[.*?\]/, '"eventList":[]') },
      { ...subscribed, body: subscribed.body.replace(/"expiryTime":"/, '"expiryTime":"x') },
      { ...callback, body: callback.body.replace('eventReportList', 'eventReports') },
      { ...callback, answer: { status: 404, body: '{"status":"x"}', type: 'application/problem+json' } },
    ];
    expect(faultsOf(wrong)).toEqual(
      wrong.map(() => expect.stringMatching(/RequestBody|ResponseData|Invalid/)),
    );
  });

  it('the validator sees what is wrong in a session, its security context and a patch', async () => {
    const [created, patched] = (await exchangesOf(SESSIONS[0] ?? {}, 'patch', 90)).map(asExchange);
    if (created === undefined || patched === undefined) expect.fail();
    const spoil = (exchange: Exchange, from: string | RegExp, to: string) => ({
      ...exchange,
      body: exchange.body.replace(from, to),
    });
    const wrong = [
      spoil(created, '"mskId"', '"mskIdentity"'),
      spoil(created, /"keyList":\{.*?\}\}/, '"keyList":{}'),
      spoil(created, '"serviceType":"MULTICAST",', ''),
      spoil(created, '00aa01', '1'),
      spoil(patched, '"path"', '"at"'),
    ];
    for (const each of wrong) expect([created.body, patched.body]).not.toContain(each.body);
    expect(faultsOf(wrong)).toEqual(wrong.map(() => expect.stringContaining('RequestBody')));
  });
});
