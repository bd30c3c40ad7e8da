import type { ColdCpu, ColdStart, FirstAnswer } from './cold-start.ts';
import type { LambdaRequest } from './lambda/request.ts';
import { barChart, lineChart } from './plot.ts';
import { LIMIT, PAGE_UES } from './sender/compare.ts';
import { OURS, type SenderMeasured, WHOLE_PATH } from './sender/measure.ts';
import type { WholeDelivery } from './sender/whole-delivery.ts';
import { type Machine, wholeDeliverySection } from './whole-delivery-section.ts';

const MODES = {
  build: 'build',
  send: 'send',
  both: 'build and send',
  deliver: 'build, send, receive and check answers',
  load: 'read a page and open its keys',
  whole: 'from a work unit to the wire',
} as const;

/** What the sender sends by, and where lib/native sends no datagrams. */
const OURS_BARS = new Set([OURS, 'WebAssembly SIMD, dgram']);

/** Of a processor, for a function of 512 MB; 1769 MB have a whole one. */
const SHARE_OF_512_MB = 512 / 1769;

const micro = (ns: number) => `${(ns / 1000).toFixed(2)} µs`;
const mebi = (octets: number) => `${Math.round(octets / 2 ** 20)} MiB`;

/** The page and its plots, by their names in docs/benchmarks. */
export function writeReport(
  machine: Machine,
  { limit, messageLength, rows, allocated, growth }: SenderMeasured,
  { request, coldStart }: { readonly request: LambdaRequest; readonly coldStart: ColdStart },
  wholeDelivery: WholeDelivery,
): ReadonlyMap<string, string> {
  const { bundle, challenge, read, cachedEvaluationMs } = coldStart;
  const waits = (contender: keyof FirstAnswer['cpu']) =>
    [challenge, read].map(({ cpu }) => `${waitMs(cpu[contender]).toFixed(0)} ms`).join(' and ');
  const table = rows.map(
    ({ mode, name, ns, ofLimit, ofStraightforward }) =>
      `| ${MODES[mode]} | ${name} | ${micro(ns)} | ${ofLimit.toFixed(2)} | ${ofStraightforward.toFixed(1)} |`,
  );
  const byUes = growth.ues.map(({ ues, ns, rss }) => `| ${ues} | ${micro(ns)} | ${mebi(rss)} |`);
  const byProcesses = growth.processes.map(
    ({ processes, ns, perSecond }) => `| ${processes} | ${micro(ns)} | ${Math.round(perSecond)} |`,
  );
  const nsOf = (mode: string, by: string) =>
    rows.find((row) => row.mode === mode && row.name === by)?.ns ?? Number.NaN;
  const of = (mode: string) => nsOf(mode, WHOLE_PATH);
  const ofBuildAndSend = nsOf('both', OURS) / of('whole');
  const page = `# Benchmarks

Made by \`npm run bench\` on ${machine.processor}, ${machine.cores} cores, Node ${machine.node.slice(1)}.

${wholeDeliverySection(machine, wholeDelivery)}
## Building, sending and reading

These explain the figure above. MSK messages of ${Math.round(messageLength)} octets on
average, over loopback; every datagram of every contender was received and compared, octet for octet, in
the same run. Times are CPU time of the contender's process for one message, the median of rounds in which the
contenders take turns; ratios are those of speed, 1 as fast, the median of the rounds' own. "${LIMIT}" is
[limit.c](../../test/bench/sender/limit.c), here with ${limit}. The whole path goes over a DynamoDB client that
answers from memory, page by page of ${PAGE_UES} UEs, and is compared with build and send: "read a page" ends with recipients whose MUKs are open;
"from a work unit" is the sender's own code from the claim of the page to the last datagram.

| what | how | time | of the limit | times the straightforward version |
|---|---|---|---|---|
${table.join('\n')}

![Build and send](build-and-send.svg)

The whole path is at ${ofBuildAndSend.toFixed(2)} of build and send.
One message takes ${Math.round(allocated.both)} octets of the JavaScript heap in build and send, and ${Math.round(allocated.whole)} on the whole path, most of
them for a moment.

## How it grows

![Batches](batches.svg)

| UEs of a push | time for one | memory after it |
|---|---|---|
${byUes.join('\n')}

![UEs](ues.svg)
![Memory](memory.svg)

| processes at once | CPU time for one | messages a second in all, receiving and comparing included |
|---|---|---|
${byProcesses.join('\n')}

## An MSK request in the Lambda

CPU of one that is granted, and how many a second one process answers one after the other; the endpoint, a process of
its own, has its answers ready. "The SDK" is its ${request.dynamodbCalls} calls of DynamoDB and nothing else: the same handler without
authentication and procedure; by the SDK's client as it comes they take ${request.sdkAsItComesUs.toFixed(0)} µs in the same rounds
([adr/0013](../adr/0013-the-sdk-off-the-hot-path.md)). XML is measured with an answer of its own, which a request that is
granted whole has not.

| Digest | XML | all of ours | the SDK | whole | requests a second | the SDK alone | ratio |
|---|---|---|---|---|---|---|---|
| ${[request.digestUs, request.xmlUs, request.oursUs, request.sdkUs, request.wholeUs].map((us) => `${us.toFixed(0)} µs`).join(' | ')} | ${request.perSecond.toFixed(0)} | ${request.callsOnlyPerSecond.toFixed(0)} | ${(request.perSecond / request.callsOnlyPerSecond).toFixed(2)} |

## Cold start of the Lambda

CPU of the evaluation of the bundle, for which Lambda gives a whole processor, and of the first call, for which a function
of 512 MB has ${SHARE_OF_512_MB.toFixed(2)} of one; against a function with the DynamoDB client alone, bundled by the same settings and as the SDK comes
(${kilo(bundle.keyRequest)}, ${kilo(bundle.dynamodbOnly)} and ${kilo(bundle.asItComes)} kB; [adr/0013](../adr/0013-the-sdk-off-the-hot-path.md)). Ours has its clients, secret and data key ready after the
evaluation. By these two shares, of which AWS documents the second, a UE waits ${waits('keyRequest')} for a challenge and a read,
for the DynamoDB client alone ${waits('dynamodbOnly')}, as the SDK comes ${waits('asItComes')}. With a compile cache that is warm it would be ${cachedEvaluationMs.toFixed(0)} ms, but a new sandbox has an empty \`/tmp\`, and a cache that
comes with the code must be made by the very build of Node that Lambda runs: there is none.

| first answer | evaluation | first call | DynamoDB client alone: evaluation | first call | ratio of all | as the SDK comes: evaluation | first call | ratio of all |
|---|---|---|---|---|---|---|---|---|
| challenge | ${coldRow(challenge)} |
| read | ${coldRow(read)} |
`;
  return new Map([['README.md', page], ...chartsOf(rows, growth)]);
}

/** The plots of the page, by their names. */
function chartsOf(
  rows: SenderMeasured['rows'],
  growth: SenderMeasured['growth'],
): readonly (readonly [name: string, svg: string])[] {
  const timeTitle = 'CPU time for one message, µs';
  const bars = rows
    .filter(({ mode }) => mode === 'both')
    .map(({ name, ofLimit }) => ({ label: name, value: ofLimit, isOurs: OURS_BARS.has(name) }));
  const byBatch = growth.batches.map(({ batch, ns }) => ({ label: String(batch), value: ns / 1000 }));
  const byUes = growth.ues.map(({ ues, ns }) => ({ label: String(ues), value: ns / 1000 }));
  const memory = growth.ues.map(({ ues, rss }) => ({ label: String(ues), value: rss / 2 ** 20 }));
  return [
    [
      'build-and-send.svg',
      barChart({ title: 'Build and send', xTitle: `speed, 1 = ${LIMIT}` }, bars, (value) => value.toFixed(2)),
    ],
    [
      'batches.svg',
      lineChart(
        { title: 'A message by the size of its batch', xTitle: 'messages in a batch', yTitle: timeTitle },
        byBatch,
        (value) => value.toFixed(2),
      ),
    ],
    [
      'ues.svg',
      lineChart(
        { title: 'A message by the size of the push', xTitle: 'UEs of the push', yTitle: timeTitle },
        byUes,
        (value) => value.toFixed(2),
      ),
    ],
    [
      'memory.svg',
      lineChart(
        {
          title: 'Memory by the size of the push',
          xTitle: 'UEs of the push',
          yTitle: 'resident memory, MiB',
        },
        memory,
        (value) => value.toFixed(0),
      ),
    ],
  ];
}

function kilo(octets: number): number {
  return Math.round(octets / 1000);
}

/** Until the first answer, in ms, but for what is waited for others. */
function waitMs({ evaluationMs, firstCallMs }: ColdCpu): number {
  return evaluationMs + firstCallMs / SHARE_OF_512_MB;
}

function coldRow({ cpu, ratio, ratioToAsItComes }: FirstAnswer): string {
  const times = ({ evaluationMs, firstCallMs }: ColdCpu) =>
    `${evaluationMs.toFixed(0)} ms | ${firstCallMs.toFixed(0)} ms`;
  return [
    times(cpu.keyRequest),
    times(cpu.dynamodbOnly),
    ratio.toFixed(2),
    times(cpu.asItComes),
    ratioToAsItComes.toFixed(2),
  ].join(' | ');
}
