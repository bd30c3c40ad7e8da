import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseSettings } from '../../cdk/settings/index.ts';
import { SENDER_VARIABLE, TRACING_VARIABLE } from '../../functions/environment-variables.ts';
import { newEvent, type OutgoingEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import { httpPost } from '../../lib/ue/http-post.ts';
import { startUe } from '../../lib/ue/ue.ts';
import { synthesize } from '../../local/synthesis.ts';
import { startDaemon } from '../functions/tracing/daemon.ts';
import { type LocalBmsc, SERVICE, startLocalBmsc, startTestUe } from './local-bmsc.ts';

// The stacks are synthesized with traces: tracing of functions, variables and containers are theirs.

const keyDomainId = parseKeyDomainId('00f110');
const ref = { keyDomainId, keyGroup: 0x0010 };
const MSK = { keyDomainId, mskId: { keyGroup: 0x0010, keyNumber: 0 } };

let daemon: Awaited<ReturnType<typeof startDaemon>>;
let local: LocalBmsc;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bmsc-traces-'));
  daemon = await startDaemon();
  const settings = parseSettings({
    emulator: true,
    edge: { type: 'none' },
    sender: { drainSeconds: 2 },
    operations: { traces: true },
  });
  const to = { [TRACING_VARIABLE.daemonAddress]: daemon.address };
  const synthesis = await synthesize(folder, settings);
  const sender = { ...to, [SENDER_VARIABLE.retransmissionFirstSeconds]: '0.2' };
  local = await startLocalBmsc({ keyRequest: to, sender }, undefined, synthesis);
  await putUserService(local.store, { serviceId: SERVICE, keyGroups: [ref] });
  const msk = new SecretKey(randomBytes(16));
  await putMsk(local.store, ref, { keyNumber: 1, msk, validity: FULL_VALIDITY });
}, 120_000);
afterAll(async () => {
  await local?.system.close();
  daemon?.close();
  rmSync(folder, { recursive: true, force: true });
});

const newTraceId = () => `1-5759e988-${randomBytes(12).toString('hex')}`;
const segmentsOf = (traceId: string) => daemon.segments.filter(({ trace_id }) => trace_id === traceId);
const namesOf = (traceId: string) => segmentsOf(traceId).map(({ name }) => name);

test('one trace spans the gateway, the function, the bus, the queue and the sender, to the answer of the UE', async () => {
  const { association, ue, impi } = await startTestUe(local);
  await ue.register([SERVICE]);
  await local.until('MSK Delivered', 1);
  await ue.close();
  let traceId = '';
  const correlationIds: unknown[] = [];
  const again = await startUe({
    association,
    keyManagementUrl: new URL(local.system.keyManagementUrl),
    listen: ue.address,
    randomOctets: (length) => randomBytes(length),
    onEvent: () => {},
    post: async (url, headers, body) => {
      traceId = newTraceId();
      const answer = await httpPost(url, { ...headers, 'x-amzn-trace-id': `Root=${traceId}` }, body);
      correlationIds.push(answer.headers['x-correlation-id']);
      return answer;
    },
  });
  expect(await again.requestMsks([MSK])).toMatchObject([{ responseCode: 200 }]);
  await expect.poll(() => namesOf(traceId), { timeout: 10_000 }).toEqual(['key request', 'BM-SC sender']);
  await again.close();

  const [request, sender] = segmentsOf(traceId);
  const correlationId = correlationIds.at(-1);
  expect(request).toMatchObject({ type: 'subsegment', annotations: { correlationId, status: 200 } });
  expect(sender).toMatchObject({ annotations: { correlationId }, origin: 'AWS::ECS::Fargate' });
  expect(sender).not.toHaveProperty('type');
  // Both follow from Lambda's own segment, which Lambda sends.
  expect(sender?.parent_id).toMatch(/^[0-9a-f]{16}$/);
  expect(sender?.parent_id).toBe(request?.parent_id);
  expect(sender?.subsegments).toMatchObject([
    { name: 'MSK delivery', annotations: { mskId: '00100001', verified: 1, sent: 0, failed: 0 } },
  ]);
  const [delivery] = sender?.subsegments ?? [];
  expect(delivery?.start_time).toBeGreaterThanOrEqual((sender?.start_time ?? 0) - 0.005);
  expect(delivery?.end_time).toBeLessThanOrEqual((sender?.end_time ?? 0) + 0.005);
  // Seconds since the epoch, and no subscriber.
  expect(Math.abs((sender?.end_time ?? 0) - Date.now() / 1000)).toBeLessThan(60);
  expect(daemon.datagrams.join()).not.toContain(impi);
}, 30_000);

test('a request that is refused by its sender is marked, and one without a trace gets one at the gateway', async () => {
  const before = daemon.segments.length;
  const answer = await httpPost(new URL(local.system.keyManagementUrl), {}, 'no body of any procedure');
  expect(answer.status).toBe(400);
  await expect.poll(() => daemon.segments.length).toBe(before + 1);
  expect(daemon.segments.at(-1)).toMatchObject({ error: true, annotations: { status: 400 } });
  expect(daemon.segments.at(-1)?.trace_id).toMatch(/^1-[0-9a-f]{8}-[0-9a-f]{24}$/);
});

test('a trace that is not sampled is recorded nowhere', async () => {
  const traceId = newTraceId();
  const headers = { 'x-amzn-trace-id': `Root=${traceId};Sampled=0` };
  await httpPost(new URL(local.system.keyManagementUrl), headers, '');
  const sampled = newTraceId();
  await httpPost(new URL(local.system.keyManagementUrl), { 'x-amzn-trace-id': `Root=${sampled}` }, '');
  await expect.poll(() => namesOf(sampled)).toEqual(['key request']);
  expect(namesOf(traceId)).toEqual([]);
});

test('a push belongs to the trace of its command, page by page', async () => {
  const { ue } = await startTestUe(local);
  await ue.register([SERVICE]);
  const traceId = newTraceId();
  const about = { eventId: randomBytes(8).toString('hex'), now: Date.now() };
  const push = newEvent(
    'Push MSK',
    { keyDomainId, mskId: '00100001', target: { serviceId: SERVICE } },
    about,
  );
  const bus = { ...local.bus, traceHeader: () => `Root=${traceId};Parent=00112233445566aa;Sampled=1` };
  await publishEvents(bus, [push as OutgoingEvent]);
  await local.until('MSK Push Completed', 1);
  await expect.poll(() => segmentsOf(traceId).length).toBeGreaterThan(1);
  const [begun, ...pages] = segmentsOf(traceId);
  expect(begun).toMatchObject({
    parent_id: '00112233445566aa',
    annotations: { correlationId: about.eventId },
  });
  for (const page of pages) expect(page.parent_id).toMatch(/^[0-9a-f]{16}$/);
  // The first pages follow from the command, further ones from the pages before.
  expect(pages.some(({ parent_id }) => parent_id === begun?.id)).toBe(true);
  await expect
    .poll(() => segmentsOf(traceId).some(({ annotations }) => annotations.verified === 1))
    .toBe(true);
  await ue.close();
}, 30_000);
