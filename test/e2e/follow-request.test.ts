import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { LOG_QUERIES, type LogQuery, PLACEHOLDER } from '../../cdk/constructs/saved-queries.ts';
import {
  KEY_REQUEST_VARIABLE,
  METRICS_VARIABLE,
  SENDER_VARIABLE,
} from '../../functions/environment-variables.ts';
import { newEvent, type OutgoingEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import { httpPost } from '../../lib/ue/http-post.ts';
import { startUe, type Ue } from '../../lib/ue/ue.ts';
import { fieldsOf, filterOf } from './insights.ts';
import { type LocalBmsc, SERVICE, startLocalBmsc, startTestUe, type TestUe } from './local-bmsc.ts';
import { keyDomainMetricsOf, logLinesOf } from './log-lines.ts';

const keyDomainId = parseKeyDomainId('00f110');
const ref = { keyDomainId, keyGroup: 0x0010 };
const MSK = { keyDomainId, mskId: { keyGroup: 0x0010, keyNumber: 0 } };
const PROXY_HEADER = 'x-operator-request';

let local: LocalBmsc;

beforeAll(async () => {
  const byKeyDomain = { [METRICS_VARIABLE.byKeyDomain]: 'true' };
  const keyRequest = { [KEY_REQUEST_VARIABLE.correlationHeader]: PROXY_HEADER, ...byKeyDomain };
  const sender = { [SENDER_VARIABLE.retransmissionFirstSeconds]: '0.2', ...byKeyDomain };
  local = await startLocalBmsc({ keyRequest, sender });
  await putUserService(local.store, { serviceId: SERVICE, keyGroups: [ref] });
  const msk = new SecretKey(randomBytes(16));
  await putMsk(local.store, ref, { keyNumber: 1, msk, validity: FULL_VALIDITY });
});
afterAll(() => local?.system.close());

/** The lines of all logs that have the ID, in the order of their times. */
const linesWith = (id: string) =>
  logLinesOf(local.system).filter(({ correlationId }) => correlationId === id);
const storyOf = (id: string) => linesWith(id).map(({ log, message }) => `${log}: ${message}`);
const factsWith = (id: string) =>
  local.events
    .filter(({ detail }) => (detail as { metadata: { correlationId: string } }).metadata.correlationId === id)
    .map((event) => event['detail-type']);

/** The UE of a test UE anew, whose answers' correlation IDs are noted, and which may name its requests. */
async function noting({ association, ue }: TestUe, headers: Readonly<Record<string, string>> = {}) {
  const ids: unknown[] = [];
  await ue.close();
  const again = await startUe({
    association,
    keyManagementUrl: new URL(local.system.keyManagementUrl),
    listen: ue.address,
    randomOctets: (length) => randomBytes(length),
    onEvent: () => {},
    post: async (url, sent, body) => {
      const answer = await httpPost(url, { ...sent, ...headers }, body);
      ids.push(answer.headers['x-correlation-id']);
      return answer;
    },
  });
  return { ids, again };
}

async function whileOpen(ue: Ue, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await ue.close();
  }
}

test('one request is followed by one ID from the answer over HTTP to the verified datagram, in logs and on the bus', async () => {
  const ue = await startTestUe(local);
  await ue.ue.register([SERVICE]);
  await local.until('MSK Delivered', 1);
  const { ids, again } = await noting(ue);
  await whileOpen(again, async () => {
    expect(await again.requestMsks([MSK])).toMatchObject([{ responseCode: 200 }]);
    const id = String(ids.at(-1));
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    await expect
      .poll(() => factsWith(id), { timeout: 10_000 })
      .toEqual(['MSK Request Granted', 'MSK Delivered']);
    await expect
      .poll(() => storyOf(id).sort())
      .toEqual([
        'key-distribution: datagram sent',
        'key-distribution: delivered',
        'key-request: key request',
      ]);
    const [request, datagram, delivered] = ['key request', 'datagram sent', 'delivered'].map((message) =>
      linesWith(id).find((line) => line.message === message),
    );
    expect(request).toMatchObject({ impi: ue.impi, result: 'granted', gatewayRequestId: id });
    expect(datagram).toMatchObject({ impi: ue.impi, mskId: '00100001', attempt: 1, ...ue.ue.address });
    expect(delivered).toMatchObject({ impi: ue.impi, mskId: '00100001', how: 'verified', ues: 1 });
  });
});

test('each datagram that a UE does not answer has a line, and its end, too', async () => {
  const ue = await startTestUe(local);
  const { ids, again } = await noting(ue);
  await again.register([SERVICE]);
  await again.close();
  const id = String(ids.at(-1));
  await expect
    .poll(() => factsWith(id), { timeout: 10_000 })
    .toEqual(['UE Registered', 'MSK Delivery Failed']);
  await expect.poll(() => storyOf(id)).toContain('key-distribution: delivery failed');
  const datagrams = linesWith(id).filter(({ message }) => message.startsWith('datagram'));
  expect(datagrams.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4].slice(0, datagrams.length));
  expect(linesWith(id).at(-1)).toMatchObject({ reason: 'not-verified', ues: 1, impi: ue.impi });
});

test('a header that the setting names is believed where it is one word, and no other header is', async () => {
  const ue = await startTestUe(local);
  const { ids, again } = await noting(ue, { [PROXY_HEADER]: 'proxy/4711', 'x-correlation-id': 'forged' });
  await whileOpen(again, async () => {
    await again.register([SERVICE]);
    expect(ids).toEqual(['proxy/4711', 'proxy/4711']);
    await expect.poll(() => factsWith('proxy/4711'), { timeout: 10_000 }).toContain('MSK Delivered');
  });
  for (const named of ['two words', 'x'.repeat(129)]) {
    const answer = await httpPost(new URL(local.system.keyManagementUrl), { [PROXY_HEADER]: named }, '');
    expect(answer.headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test('a push is followed by the ID of its command to the outcome of its page', async () => {
  const ue = await startTestUe(local);
  await ue.ue.register([SERVICE]);
  await whileOpen(ue.ue, async () => {
    const id = `evening/${randomUUID()}`;
    const about = { eventId: randomUUID(), now: Date.now(), correlationId: id };
    const target = { serviceId: SERVICE };
    const push = newEvent('Push MSK', { keyDomainId, mskId: '00100001', target }, about);
    await publishEvents(local.bus, [push as OutgoingEvent]);
    await expect.poll(() => factsWith(id), { timeout: 20_000 }).toContain('MSK Push Completed');
    expect(new Set(storyOf(id))).toEqual(
      new Set([
        'key-distribution: push begun',
        'key-distribution: delivered',
        'key-distribution: delivery failed',
      ]),
    );
  });
});

test('a refused command has its ID in the line that says why', async () => {
  const id = randomUUID();
  const about = { eventId: randomUUID(), now: Date.now(), correlationId: id };
  const target = { ues: ['nobody@home1.net'] };
  const push = newEvent('Push MSK', { keyDomainId, mskId: '0ddd0001', target }, about);
  await publishEvents(local.bus, [push as OutgoingEvent]);
  await expect
    .poll(() => linesWith(id), { timeout: 10_000 })
    .toMatchObject([{ message: 'request refused', reason: 'unknown-key-group' }]);
});

/** The lines that a saved query finds in what the logs and the bus have, with a placeholder replaced. */
function found({ lines }: LogQuery, placeholder = '', value = ''): readonly Record<string, unknown>[] {
  const filter = filterOf(lines.map((line) => line.replaceAll(placeholder || '-', value || '-')));
  return [...logLinesOf(local.system), ...local.events.map((event) => ({ ...event }))].filter(filter);
}

test('the saved queries find the lines of one request, refusals, failures and one subscriber', async () => {
  const { FollowRequest, RefusedRequests, FailedDeliveries, Subscriber } = LOG_QUERIES;
  if (!FollowRequest || !RefusedRequests || !FailedDeliveries || !Subscriber) throw new Error('no queries');
  const ue = await startTestUe(local);
  await ue.ue.register([SERVICE]);
  await ue.ue.close();
  const granted = () =>
    logLinesOf(local.system).find(({ impi, result }) => impi === ue.impi && result === 'granted');
  await expect.poll(granted).toBeDefined();
  const id = String(granted()?.correlationId);
  await expect.poll(() => factsWith(id), { timeout: 10_000 }).toHaveLength(2);

  const oneOf = (...messages: string[]) => expect.arrayContaining(messages);
  const namesOf = (lines: readonly Record<string, unknown>[]) =>
    lines.map((line) => line.message ?? line['detail-type']);
  const followed = namesOf(found(FollowRequest, PLACEHOLDER.correlationId, id));
  expect(followed).toEqual(oneOf('key request', 'datagram sent', 'UE Registered'));
  expect(followed).toHaveLength(linesWith(id).length + 2);
  const hers = namesOf(found(Subscriber, PLACEHOLDER.subscriber, ue.impi));
  expect(hers).toEqual(oneOf('key request', 'datagram sent', 'UE Registered'));
  const reasons = (query: LogQuery) => found(query).map(({ reason }) => reason);
  expect(reasons(RefusedRequests)).toEqual(oneOf('unknown-key-group', 'bad-requesttype'));
  expect(reasons(RefusedRequests)).not.toContain('ok');
  expect(reasons(FailedDeliveries)).toContain('not-verified');
});

test('each field of a saved query is one that the code logs', async () => {
  const unknown = new URL(local.system.keyManagementUrl);
  unknown.search = '?requesttype=nonsense';
  await httpPost(unknown, {}, '');
  const hasMismatch = () => logLinesOf(local.system).some(({ mismatch }) => mismatch !== undefined);
  await expect.poll(hasMismatch, { timeout: 5000 }).toBe(true);
  const [, service] = inject('synthesis').stacks;
  const stage = Object.values(service?.template.Resources ?? {}).find(
    ({ Type }) => Type === 'AWS::ApiGatewayV2::Stage',
  );
  const settings = stage?.Properties?.AccessLogSettings as { Format: string } | undefined;
  const access = JSON.parse(settings?.Format ?? '');
  const known = new Set<string>();
  const learn = (value: unknown, path: string): void => {
    known.add(path);
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) learn(inner, path === '' ? name : `${path}.${name}`);
  };
  const queried = Object.values(LOG_QUERIES).flatMap(({ lines }) => fieldsOf(lines));
  // The sender writes some lines after the UE has what it asked for.
  const unknownFields = () => {
    for (const line of [access, ...logLinesOf(local.system), ...local.events]) learn(line, '');
    return queried.filter((field) => !known.has(field));
  };
  await expect.poll(unknownFields, { timeout: 10_000 }).toEqual([]);
});

test('MSKs are counted for each Key Domain where the setting says so', async () => {
  const ofDomain = () => keyDomainMetricsOf(local.system, keyDomainId);
  await expect.poll(ofDomain, { timeout: 5000 }).toMatchObject({ MsksGranted: 1 });
  // As the facts on the bus have it; the sender writes what it has counted each second.
  const uesOf = (detailType: string) =>
    local.dataOf(detailType).flatMap(({ ues }) => ues as { reason?: string }[]);
  const failed = () => uesOf('MSK Delivery Failed').filter(({ reason }) => reason === 'not-verified');
  await expect
    .poll(() => [ofDomain().MsksDelivered, ofDomain().MsksUnverified], { timeout: 10_000 })
    .toEqual([uesOf('MSK Delivered').length, failed().length]);
});
