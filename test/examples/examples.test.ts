import { randomUUID } from 'node:crypto';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBmsc } from '../../cli/stack.ts';
import { Care, type Ticket } from '../../examples/care.ts';
import { ContentScheduler } from '../../examples/content-scheduler.ts';
import { newEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import type { LocalSystem } from '../../local/system.ts';
import { DOMAIN, provisionServices } from '../distribution/population.ts';
import { startTestSystem } from '../local-system.ts';

let system: LocalSystem;
let bmsc: Awaited<ReturnType<typeof findBmsc>>;
let bus: { eventBridge: EventBridgeClient; eventBusName: string; source: string };
const heard: { readonly detailType: string; readonly correlationId: unknown; readonly data: unknown }[] = [];

beforeAll(async () => {
  system = await startTestSystem();
  bmsc = await findBmsc({ stack: system.stackName, endpointUrl: system.endpointUrl, local: true });
  await provisionServices(bmsc.store);
  const { EventBusName = '', CommandSource = '' } = system.outputs;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const eventBridge = new EventBridgeClient({
    endpoint: system.endpointUrl,
    region: 'us-east-1',
    credentials,
  });
  bus = { eventBridge, eventBusName: EventBusName, source: CommandSource };
  system.onEvent(({ 'detail-type': detailType, detail }) => {
    const { metadata, data } = detail as { metadata: { correlationId: string }; data: unknown };
    heard.push({ detailType, correlationId: metadata.correlationId, data });
  });
}, 60_000);
afterAll(async () => {
  bus?.eventBridge.destroy();
  await system?.close();
});

test('care tries once more to reach a UE that a push has given up, then opens one ticket for it', async () => {
  const tickets: Ticket[] = [];
  const care = new Care({ ...bus, openTicket: async (ticket) => void tickets.push(ticket) });
  const failed: unknown[] = [];
  system.onEvent((event) => void care.handle(event).catch((error: unknown) => failed.push(error)));
  const eventId = randomUUID();
  const data = { keyDomainId: DOMAIN, mskId: '00100001', target: { ues: ['nobody@home1.net'] } };
  await publishEvents(bmsc.bus, [newEvent('Push MSK', data, { eventId, now: Date.now() })]);
  await expect
    .poll(() => tickets, { timeout: 20_000 })
    .toEqual([{ impi: 'nobody@home1.net', mskId: '00100001', reason: expect.any(String) }]);
  const pushes = heard.filter(
    ({ detailType, correlationId }) => detailType === 'Push MSK' && correlationId === eventId,
  );
  expect(pushes.map((push) => push.data)).toMatchObject([data, { target: { undeliveredOf: eventId } }]);
  expect(failed).toEqual([]);
});

test('the content scheduler has each programme begin with an MSK that was pushed before', async () => {
  const now = Date.now();
  const group = { keyDomainId: DOMAIN, keyGroup: '0010' };
  const programmes = [
    { id: 'over', ...group, startsAt: new Date(now - 1000).toISOString() },
    { id: 'news', ...group, startsAt: new Date(now + 3000).toISOString() },
    { id: 'tomorrow', ...group, startsAt: new Date(now + 86_400_000).toISOString() },
  ];
  const scheduler = new ContentScheduler(bus);
  expect(await scheduler.askForRotations(programmes)).toEqual(['news']);
  expect(await scheduler.askForRotations(programmes)).toEqual([]);
  const ofNews = () =>
    heard
      .filter(({ correlationId }) => correlationId === 'programme/news')
      .map(({ detailType }) => detailType);
  await expect.poll(ofNews, { timeout: 20_000 }).toContain('MSK Rotated');
  const events = ofNews();
  expect(events.indexOf('Push MSK')).toBeGreaterThan(events.indexOf('Rotate MSK'));
  expect(events.filter((name) => name === 'MSK Prepared')).toHaveLength(1);
  expect(events).not.toContain('MSK Rotation Refused');
});
