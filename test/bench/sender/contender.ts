import { createInterface } from 'node:readline';
import type { DatagramTransport } from '../../../lib/distribution/transport/datagram-transport.ts';
import { openDatagramTransport } from '../../../lib/distribution/transport/dgram-transport.ts';
import {
  buildMskMessages,
  type MessageBatch,
  type MskMessageBuilder,
  type MskRecipient,
} from '../../../lib/mikey/message/msk-batch.ts';
import { loadMskBuilder } from '../../../lib/native/module/load.ts';
import { openBatchTransport } from '../../../lib/native/udp/batch-transport.ts';
import { loadSystemCalls } from '../../../lib/native/udp/system-calls.ts';
import { PAGE_UES } from './compare.ts';
import { loadCpuClock } from './cpu-clock.ts';
import { allocatedBy } from './heap.ts';
import { makeInputs, PUSH, UES } from './inputs.ts';
import { openReceiver } from './receiver.ts';
import { WholePath } from './whole-path.ts';

/**
 * One contender in a process of its own. For each line "build|send|both|answer|load|whole BATCH BATCHES
 * BUILDER+TRANSPORT" it answers "ns messages wrong rss"; for "heap-both" and the like with octets of the heap
 * instead of ns.
 */
const { recipients, expected } = makeInputs();
const HEAP = 'heap-';
const cpuNow = await loadCpuClock();
const calls = await loadSystemCalls();
const receiver = openReceiver(calls);
const local = [{ address: '127.0.0.1', port: 0 }];
const { build: buildInLanes, openSealedKeys } = await loadMskBuilder();
const builders: Readonly<Record<string, MskMessageBuilder>> = {
  lanes: buildInLanes,
  plain: buildMskMessages,
};
const transports: Readonly<Record<string, DatagramTransport>> = {
  sendmmsg: openBatchTransport(calls, local),
  dgram: await openDatagramTransport(local),
};

interface Timed {
  ns: number;
  messages: number;
  wrong: number;
}

async function run(mode: string, batch: number, batches: number, contender: string): Promise<Timed> {
  const [builder = '', transportName = ''] = contender.split('+');
  const build = builders[builder];
  const transport = transports[transportName];
  if (build === undefined || transport === undefined) throw new Error(`there is no contender ${contender}`);
  const to = Array.from({ length: batch }, () => receiver.address);
  const timed: Timed = { ns: 0, messages: 0, wrong: 0 };
  if (mode === 'load' || mode === 'whole') {
    await wholePath().run(mode, batch, batches, { build, transport }, timed);
    return timed;
  }
  const pages = pagesOf(batch);
  for (let done = 0; done < batches; done++) {
    const { first, page, made } = pages[done % pages.length] as Page;
    const start = cpuNow();
    const messages = mode === 'send' ? made : build(PUSH, page);
    const outcomes = mode === 'build' ? [] : await transport.sendBatch(messages, to);
    timed.ns += cpuNow() - start;
    timed.messages += batch;
    for (const outcome of outcomes) if (outcome !== undefined) timed.wrong++;
    if (mode === 'build') timed.wrong += Buffer.compare(messages.octets, made.octets) === 0 ? 0 : batch;
    else {
      receiver.take();
      timed.wrong += receiver.wrongIn(expected, first, first + batch);
    }
  }
  return timed;
}

/** Octets of the heap stand for ns. */
async function allocated(...of: Parameters<typeof run>): Promise<Timed> {
  let timed: Timed | undefined;
  const octets = await allocatedBy(async () => {
    timed = await run(...of);
  });
  return { messages: 0, wrong: 0, ...timed, ns: octets };
}

interface Page {
  readonly first: number;
  readonly page: readonly MskRecipient[];
  readonly made: MessageBatch;
}

function pagesOf(batch: number): Page[] {
  const pages: Page[] = [];
  for (let first = 0; first + batch <= UES; first += batch) {
    const start = expected.offsets[first] ?? 0;
    const made: MessageBatch = {
      octets: expected.octets.subarray(start, expected.offsets[first + batch]),
      offsets: expected.offsets.slice(first, first + batch + 1).map((offset) => offset - start),
      count: batch,
    };
    pages.push({ first, page: recipients.slice(first, first + batch), made });
  }
  return pages;
}

let path: WholePath | undefined;
function wholePath() {
  path ??= new WholePath(recipients.slice(0, UES - (UES % PAGE_UES)), openSealedKeys, receiver, cpuNow);
  return path;
}

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const [mode = '', batch, batches, contender = ''] = line.split(' ');
  const { ns, messages, wrong } = await (mode.startsWith(HEAP)
    ? allocated(mode.slice(HEAP.length), Number(batch), Number(batches), contender)
    : run(mode, Number(batch), Number(batches), contender));
  process.stdout.write(`${ns} ${messages} ${wrong} ${process.memoryUsage.rss()}\n`);
}
process.exit(0);
