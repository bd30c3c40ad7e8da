import type { IncomingEvent } from '../events/envelope.ts';
import { chainsOf, loadPush, type Push } from '../store/ledger/push.ts';
import { deliverDirectly, msksAtRegistration } from './answers/deliver-directly.ts';
import { type DistributionContext, DONE, type WorkResult } from './context.ts';
import { completeIfThrough, runPage } from './push/run-page.ts';
import { type AskedPush, askedMskPush, askedPull, startPush } from './push/start-push.ts';
import { parseWork, type WorkUnit } from './push/work.ts';

/** Pushes remembered: what is laid down of one never changes. */
const MAX_REMEMBERED = 1000;

/**
 * The Key Distribution function: does what one message of the queue asks for, an event of the bus or a page of a
 * push, to the end, that is until all its UEs have answered or are given up.
 * @returns a function that throws EventError, StoreError, DeliveryInterrupted or the SDK's errors: the message is
 * then to come again
 */
export function createWorkHandler(context: DistributionContext): (body: string) => Promise<WorkResult> {
  const pushes = new Map<string, Push>();

  const remembered = async (pushId: string): Promise<Push | undefined> => {
    const known = pushes.get(pushId) ?? (await loadPush(context.store, pushId));
    if (known === undefined) return undefined;
    pushes.set(pushId, known);
    const [oldest] = pushes.keys();
    if (pushes.size > MAX_REMEMBERED && oldest !== undefined) pushes.delete(oldest);
    return known;
  };

  const runUnit = async (unit: WorkUnit): Promise<WorkResult> => {
    const push = await remembered(unit.pushId);
    // Deleted by its age, with its ledger: nobody waits for it any more.
    return push === undefined ? DONE : runPage(context, push, unit);
  };

  return (body) => {
    const work = parseWork(body);
    return work.kind === 'unit' ? runUnit(work.unit) : handleEvent(context, work.event);
  };
}

/** Facts that ask for nothing are passed over, and so is what an archive replays, unless that is wanted. */
async function handleEvent(context: DistributionContext, event: IncomingEvent): Promise<WorkResult> {
  const { metadata, replayName, detailType, data } = event;
  if (replayName !== undefined && !context.sendReplays) return DONE;
  switch (detailType) {
    case 'Push MSK':
      return push(context, askedMskPush(data), event);
    case 'Solicit MSK Pull':
      return push(context, askedPull(data), event);
    case 'MSK Request Granted':
      await deliverDirectly(context, { impi: data.impi, btid: data.bTid }, data.msks, metadata);
      return DONE;
    case 'UE Registered': {
      const msks = await msksAtRegistration(context, data.serviceIds);
      await deliverDirectly(context, { impi: data.impi, btid: data.bTid }, msks, metadata);
      return DONE;
    }
    default:
      return DONE;
  }
}

/** An event that comes twice names the same push; one that is replayed on purpose is another. */
async function push(
  context: DistributionContext,
  asked: AskedPush,
  { metadata, replayName }: IncomingEvent,
): Promise<WorkResult> {
  const { idempotencyKey } = metadata;
  const pushId = replayName === undefined ? idempotencyKey : `${idempotencyKey}~${replayName}`;
  const laidDown = await startPush(context, asked, { pushId, metadata });
  const first = { pushId, page: 0, after: undefined };
  if (laidDown.source.kind === 'listed') return runPage(context, laidDown, { ...first, chain: 0 });
  const chains = chainsOf(laidDown.source);
  if (chains === 0 || laidDown.completedAt !== undefined) {
    await completeIfThrough(context, laidDown);
    return DONE;
  }
  await context.handOn(Array.from({ length: chains }, (_, chain) => ({ ...first, chain })));
  return DONE;
}

/** Whether something of a name was not done within `everyMs`; then it counts as done now. `elapsed`: ms of any clock. */
export function createTurns(everyMs: number, elapsed: () => number): (name: string) => boolean {
  const doneAt = new Map<string, number>();
  return (name) => {
    const now = elapsed();
    for (const [each, at] of doneAt) {
      if (at + everyMs > now) break;
      doneAt.delete(each);
    }
    if (doneAt.has(name)) return false;
    doneAt.set(name, now);
    return true;
  };
}
