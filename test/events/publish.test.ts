import { createServer, type Server } from 'node:http';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newEvent, type OutgoingEvent } from '../../lib/events/envelope.ts';
import { type EventBus, publishEvents } from '../../lib/events/publish.ts';
import { listen } from '../../local/aws/listen.ts';

interface Entry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

/** Calls of PutEvents, each with its entries. */
let calls: Entry[][];
/** What the bus does with an entry: takes it, or refuses it for this reason. */
let refuse: (keyGroup: string, call: number) => string | undefined;
/** How many results the bus leaves out at the end of its answer. */
let silentOn: number;
let server: Server;
let bus: EventBus;

const keyGroupOf = ({ Detail }: Entry): string => JSON.parse(Detail).data.keyGroup;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { Entries } = JSON.parse(body) as { Entries: Entry[] };
    calls.push(Entries);
    const results = Entries.map((entry) => {
      const ErrorCode = refuse(keyGroupOf(entry), calls.length);
      return ErrorCode === undefined ? { EventId: 'taken' } : { ErrorCode, ErrorMessage: 'refused' };
    }).slice(0, Entries.length - silentOn);
    const FailedEntryCount = results.filter((result) => 'ErrorCode' in result).length;
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ FailedEntryCount, Entries: results }));
  });
  const port = await listen(server, 0);
  const eventBridge = new EventBridgeClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  bus = { eventBridge, eventBusName: 'bmsc' };
});
beforeEach(() => {
  calls = [];
  refuse = () => undefined;
  silentOn = 0;
});
afterAll(async () => {
  bus.eventBridge.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const events = (count: number): OutgoingEvent[] =>
  Array.from({ length: count }, (_, index) =>
    newEvent(
      'Solicit MSK Pull',
      {
        keyDomainId: '00f110',
        keyGroup: index.toString(16).padStart(4, '0'),
        target: { ues: ['alice@home1.net'] },
      },
      { eventId: `e${index}`, now: 0 },
    ),
  );
const sent = () => calls.map((entries) => entries.map(keyGroupOf).join(' '));

describe('publishing', () => {
  test('puts an event on the bus under its name and the source of this product', async () => {
    await publishEvents(bus, events(1));
    expect(calls).toEqual([
      [
        {
          EventBusName: 'bmsc',
          Source: 'bmsc.keymanagement',
          DetailType: 'Solicit MSK Pull',
          Detail: expect.stringContaining('"eventId":"e0"'),
        },
      ],
    ]);
  });

  test('calls the bus for each ten events, in order, and for none not at all', async () => {
    await publishEvents(bus, []);
    expect(calls).toEqual([]);
    await publishEvents(bus, events(23));
    expect(calls.map((entries) => entries.length)).toEqual([10, 10, 3]);
    expect(calls.flat().map(keyGroupOf)).toEqual(
      events(23).map((_, index) => index.toString(16).padStart(4, '0')),
    );
  });

  test('tries again just those that the bus refused', async () => {
    refuse = (keyGroup, call) =>
      call < 3 && ['0001', '0003'].slice(call - 1).includes(keyGroup) ? 'ThrottlingException' : undefined;
    await publishEvents(bus, events(4));
    expect(sent()).toEqual(['0000 0001 0002 0003', '0001 0003', '0003']);
  });

  test('gives up after three times and says how many were refused, and why', async () => {
    refuse = (keyGroup) => (keyGroup === '0002' ? 'InternalFailure' : undefined);
    await expect(publishEvents(bus, events(4))).rejects.toMatchObject({
      name: 'EventError',
      code: 'not-published',
      message: 'the bus refused 1 of 4 events: InternalFailure',
    });
    expect(sent()).toEqual(['0000 0001 0002 0003', '0002', '0002']);
  });

  test('takes no answer for an event for a refusal', async () => {
    silentOn = 1;
    await expect(publishEvents(bus, events(2))).rejects.toMatchObject({ code: 'not-published' });
    expect(sent()).toEqual(['0000 0001', '0001', '0001']);
  });
});
