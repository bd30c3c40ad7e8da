import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { openBatchTransport } from '../../../lib/native/udp/batch-transport.ts';
import { loadSystemCalls } from '../../../lib/native/udp/system-calls.ts';

/**
 * Sends `MESSAGES` in batches over loopback, which the test has made narrow, and prints the result: how many
 * arrived and how often, how often the system was called and with which errors, and times in ms.
 */
const MESSAGES = 30_000;
const PER_BATCH = 1000;
const LENGTH = 220;
/** The transfer is over when nothing has come for this time, in ms. */
const SETTLED_MS = 2000;

const calls = await loadSystemCalls();
const errors: Record<string, number> = {};
let sendCalls = 0;
const transport = openBatchTransport(
  {
    ...calls,
    sendmmsg: (...given) => {
      sendCalls += 1;
      const result = calls.sendmmsg(...given);
      if (result < 0) errors[-result] = (errors[-result] ?? 0) + 1;
      return result;
    },
  },
  [{ address: '127.0.0.1', port: 0 }],
);

let received = 0;
let repeated = 0;
const isHere = new Uint8Array(MESSAGES);
let lastAt = 0;
const receiver = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 }, (octets) => {
  const number = octets.readUInt32BE();
  received += 1;
  // In any order: the system delivers waiting datagrams from either processor.
  repeated += isHere[number] ?? 1;
  isHere[number] = 1;
  lastAt = performance.now();
}).bind(0, '127.0.0.1');
await once(receiver, 'listening');

/** What came over the line and found the receiver's buffer full: this network's own count. */
function droppedAtReceiver(): number {
  const [names = [], values = []] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Udp:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('RcvbufErrors')]);
}

const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
let failed = 0;
for (let first = 0; first < MESSAGES; first += PER_BATCH) {
  const octets = new Uint8Array(PER_BATCH * LENGTH);
  const view = new DataView(octets.buffer);
  const offsets = Uint32Array.from({ length: PER_BATCH + 1 }, (_, index) => index * LENGTH);
  for (let index = 0; index < PER_BATCH; index++) view.setUint32(index * LENGTH, first + index);
  const to = Array.from({ length: PER_BATCH }, () => ({
    address: '127.0.0.1',
    port: receiver.address().port,
  }));
  const outcomes = await transport.sendBatch({ octets, offsets, count: PER_BATCH }, to);
  failed += outcomes.filter((error) => error !== undefined).length;
}
const { user, system } = process.cpuUsage(cpuBefore);
const sentMs = performance.now() - startedAt;
lastAt = performance.now();
while (received + droppedAtReceiver() < MESSAGES && performance.now() - lastAt < SETTLED_MS)
  await new Promise((resolve) => setTimeout(resolve, 20));
process.stdout.write(
  JSON.stringify({
    messages: MESSAGES,
    arrived: received + droppedAtReceiver(),
    repeated,
    failed,
    sendCalls,
    errors,
    sentMs,
    cpuMs: (user + system) / 1000,
  }),
);
process.exit(0);
