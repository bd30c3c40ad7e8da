import { askForPush, awaitEnd, awaitQuiet, dueUes } from './calm/pushes.ts';
import { NO_FAULTS } from './faults.ts';
import { drawPlan } from './plan.ts';
import { type Run, setUp } from './simulate.ts';
import { WHOLE_EVERY } from './world/aws.ts';
import { World } from './world/world.ts';

/** What a page of a push takes, at the margin: one page more takes so much more. */
export interface CallsOfPage {
  /** Reads of items by their keys: its Key Group. */
  readonly reads: number;
  readonly claims: number;
  /** Who has confirmed while others are waited for. */
  readonly notes: number;
  readonly outcomes: number;
  readonly counts: number;
  /** Requests to SQS. */
  readonly queueRequests: number;
  /** Events that report its UEs. */
  readonly events: number;
  /** Messages to a UE that answers, and to one that does not. */
  readonly messagesToUe: number;
  readonly messagesToSilentUe: number;
}

/** A page goes out before any of its messages is repeated, as one of the deployed size does at its pace. */
const [FEW, MANY] = [400, 800];
/** Of those that have the whole SDK under each call, as it is deployed. */
const SEED = WHOLE_EVERY;
const SENDERS = 2;
const PAGE_UES = 60;
/** One UE of so many answers nothing. */
const SILENT_OF = 3;
const WITHIN_MS = 120_000;

/** Plays a push to 400 UEs and one to 800 without faults, and counts what the further pages took. */
export async function countCallsOfPage(): Promise<CallsOfPage> {
  const [few, many] = [await measure(FEW), await measure(MANY)];
  const pages = many.outcomes - few.outcomes;
  const each = (name: keyof typeof few) => round((many[name] - few[name]) / pages);
  const { messagesToUe, messagesToSilentUe } = many;
  return {
    reads: each('reads'),
    claims: each('claims'),
    notes: each('notes'),
    outcomes: each('outcomes'),
    counts: each('counts'),
    queueRequests: each('queueRequests'),
    events: each('events'),
    messagesToUe: round(messagesToUe),
    messagesToSilentUe: round(messagesToSilentUe),
  };
}

async function measure(ues: number) {
  const plan = { ...drawPlan(SEED), ues, senders: SENDERS, pageUes: PAGE_UES, faults: NO_FAULTS };
  const world = new World(plan.seed);
  const run = await setUp(plan, world);
  world.asWorld(() => run.senders.scale(SENDERS));
  await awaitQuiet(run, WITHIN_MS);
  const silent = run.ues.filter((_, index) => index % SILENT_OF === 0);
  for (const ue of silent) ue.socket.isMuted = true;
  const due = dueUes(run).length;
  const before = stateOf(run);
  await awaitEnd(run, await askForPush(run), WITHIN_MS, 'a push that is measured');
  if (world.findings.length > 0) throw new Error(world.findings.join(', '));
  const after = stateOf(run);
  const took = Object.fromEntries(
    Object.entries(after).map(([name, count]) => [name, count - before[name as keyof typeof before]]),
  ) as typeof after;
  const sent = run.watch.sent.slice(before.messages);
  const toSilent = sent.filter(({ impi }) => silent.some((ue) => ue.impi === impi)).length;
  return {
    ...took,
    messagesToUe: (sent.length - toSilent) / (due - silent.length),
    messagesToSilentUe: toSilent / silent.length,
  };
}

function stateOf({ watch, world, history }: Run) {
  const calls = (name: string) => world.aws.calls.get(name) ?? 0;
  return {
    ...watch.pageWrites,
    messages: watch.sent.length,
    reads: calls('DynamoDB_20120810.BatchGetItem'),
    queueRequests:
      calls('AmazonSQS.SendMessageBatch') +
      calls('AmazonSQS.ReceiveMessage') +
      calls('AmazonSQS.DeleteMessageBatch'),
    events: history.outcomes,
  };
}

/** To a tenth: how many messages a call takes is up to chance. */
function round(count: number): number {
  return Math.round(count * 10) / 10;
}
