import type { IncomingEvent } from '../events/envelope.ts';
import { chainsOf } from '../store/ledger/chains.ts';
import { deliverDirectly, msksAtRegistration } from './answers/deliver-directly.ts';
import type { DistributionContext } from './context.ts';
import { RequestRefused } from './errors.ts';
import { RecordedPushes } from './push/recorded-pushes.ts';
import { refuse } from './push/refuse.ts';
import { reportPush } from './push/report-push.ts';
import { runPage } from './push/run-page.ts';
import { mskPushRequest, type PushRequest, pullRequest, startPush } from './push/start-push.ts';
import { DONE, parseWork, type WorkResult, type WorkUnit } from './push/work.ts';

/**
 * The Key Distribution function: does what one message of the queue asks for, an event of the bus or a page
 * of a push, until each of its UEs has answered or is given up. A message that can't succeed is refused by
 * an event.
 * @returns a function that throws EventError `not-published`, StoreError, DeliveryInterrupted or the SDK's
 * errors; the queue then delivers the message again
 */
export function createWorkHandler(context: DistributionContext): (body: string) => Promise<WorkResult> {
  const pushes = new RecordedPushes(context.store);
  return async (body) => {
    try {
      const work = parseWork(body, context.commandSources);
      if (work.kind === 'unit') return await handleUnit(context, pushes, work.unit);
      return await handleEvent(context, work.event);
    } catch (error) {
      return refuse(context, body, error);
    }
  };
}

async function handleUnit(
  context: DistributionContext,
  pushes: RecordedPushes,
  unit: WorkUnit,
): Promise<WorkResult> {
  const push = await pushes.load(unit.pushId);
  // A push that was deleted at the end of its time waits for nothing.
  return push === undefined ? DONE : runPage(context, push, unit);
}

/**
 * Ignores events that ask for nothing, and those that an archive replays, unless `sendReplays` is set.
 * @throws RequestRefused
 */
async function handleEvent(context: DistributionContext, event: IncomingEvent): Promise<WorkResult> {
  const { metadata, replayName, detailType, data } = event;
  if (replayName !== undefined && !context.sendReplays) return DONE;
  switch (detailType) {
    case 'Push MSK':
      return handlePush(context, mskPushRequest(data), event);
    case 'Solicit MSK Pull':
      return handlePush(context, pullRequest(data), event);
    case 'MSK Request Granted':
      await deliverDirectly(context, { impi: data.impi, btid: data.bTid }, data.msks, metadata);
      return DONE;
    case 'UE Registered': {
      const msks = await msksAtRegistration(context, data.serviceIds);
      await deliverDirectly(context, { impi: data.impi, btid: data.bTid }, msks, metadata);
      return DONE;
    }
    case 'Rotate MSK':
    case 'Activate MSK':
    case 'Revoke MSK':
      throw new RequestRefused('misrouted', 'this is a request for the rotation function: route it there');
    default:
      return DONE;
  }
}

/**
 * Starts a push and enqueues the first unit of each chain. An event that comes twice names the same push; an
 * event that an archive replays names another. A push to listed UEs is one page, which runs here.
 */
async function handlePush(
  context: DistributionContext,
  request: PushRequest,
  { metadata, replayName }: IncomingEvent,
): Promise<WorkResult> {
  const { idempotencyKey } = metadata;
  const pushId = replayName === undefined ? idempotencyKey : `${idempotencyKey}~${replayName}`;
  const push = await startPush(context, request, { pushId, metadata });
  context.observer.onPush(push);
  const { correlationId } = push;
  const first = { pushId, page: 0, after: undefined, correlationId };
  if (push.source.kind === 'listed') return runPage(context, push, { ...first, chain: 0 });
  const chains = chainsOf(push.source);
  if (chains === 0 || push.completedAt !== undefined) {
    await reportPush(context, push, { isChainCompleted: true });
    return DONE;
  }
  await context.enqueue(Array.from({ length: chains }, (_, chain) => ({ ...first, chain })));
  return DONE;
}
