import type { EventInput } from '../../../lib/events/contracts.ts';
import { GROUP, KEY_DOMAIN_ID } from '../actors/names.ts';
import type { SimulatedUe } from '../actors/ues.ts';
import type { Run } from '../simulate.ts';

export const CURRENT_MSK_ID = `${GROUP.keyGroup.toString(16).padStart(4, '0')}0000`;

/** After a push is completed, what its senders still do, in ms. */
const AFTERWARDS_MS = 3000;

/** Lets virtual time pass. */
export async function pass({ world }: Run, ms: number): Promise<void> {
  await world.scheduler.run(() => false, world.scheduler.now + ms);
}

/** Lets virtual time pass until something is so. @returns whether it is, in this time */
export function passUntil({ world }: Run, isSo: () => boolean, ms: number): Promise<boolean> {
  return world.scheduler.run(isSo, world.scheduler.now + ms);
}

/** Asks for a push of the current MSK to all holders. @returns its ID */
export function askForPush(run: Run, more: Partial<EventInput<'Push MSK'>> = {}): Promise<string> {
  const push = { keyDomainId: KEY_DOMAIN_ID, mskId: CURRENT_MSK_ID, target: { allHolders: true } } as const;
  return run.world.do(run.operator.machine, () => run.operator.ask('Push MSK', { ...push, ...more }));
}

/** Solicits a pull of all holders. @returns the ID of the push */
export function askForSolicitation({ world, operator }: Run): Promise<string> {
  const group = { keyDomainId: KEY_DOMAIN_ID, keyGroup: CURRENT_MSK_ID.slice(0, 4) };
  const data = { ...group, target: { allHolders: true } } as const;
  return world.do(operator.machine, () => operator.ask('Solicit MSK Pull', data));
}

/** Asks for a rotation. @returns its correlation ID */
export function askForRotation({ world, operator }: Run, leadTimeSeconds = 10): Promise<string> {
  const keyGroup = GROUP.keyGroup.toString(16).padStart(4, '0');
  const data = { keyDomainId: KEY_DOMAIN_ID, keyGroup, leadTimeSeconds };
  return world.do(operator.machine, () => operator.ask('Rotate MSK', data));
}

/** Waits for the end of a push, which must come in this time. */
export async function awaitEnd(run: Run, pushId: string, within: number, what: string): Promise<void> {
  const isOver = () => {
    const push = run.history.pushes.get(pushId);
    return push?.completedAt !== undefined || push?.isRefused === true;
  };
  if (!(await passUntil(run, isOver, within)))
    run.world.fail(`${what}: the push ${pushId} did not end in ${within / 1000} s`);
  await pass(run, AFTERWARDS_MS);
}

/** Waits until the queue is empty and nothing is under way. @returns whether it is so in this time */
export async function awaitQuiet(run: Run, within: number): Promise<boolean> {
  const { world, ues, keyRequests, rotation, history } = run;
  const isBusy = () => {
    const underWay = keyRequests.underWay + world.aws.bus.underWay + rotation.underWay;
    return underWay > 0 || history.isOpen || ues.some(({ busy }) => busy > 0);
  };
  const until = world.scheduler.now + within;
  while (world.scheduler.now < until) {
    await pass(run, 1000);
    if (!isBusy() && (await world.aws.messagesIn(world.aws.queueUrl)) === 0) return true;
  }
  return false;
}

/** UEs that a push to all holders is for, and that can answer it. */
export function dueUes({ ues, world }: Run): readonly SimulatedUe[] {
  const { now } = world.scheduler;
  return ues.filter(
    (ue) => !ue.isBlocked && ue.registeredAt(now).length > 0 && ue.isStable(now, now) && ue.busy === 0,
  );
}

/** How many messages with an MSK each UE was sent since message number `since`. */
export function messagesTo({ watch }: Run, since: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { impi, kind } of watch.sent.slice(since))
    if (kind === 'msk') counts.set(impi, (counts.get(impi) ?? 0) + 1);
  return counts;
}

/** Each of these UEs was sent one message, and no other. */
export function expectOneEach(run: Run, ues: readonly SimulatedUe[], since: number, what: string): void {
  const counts = messagesTo(run, since);
  const wrong = ues.filter(({ impi }) => (counts.get(impi) ?? 0) !== 1);
  const [first] = wrong;
  if (first !== undefined)
    run.world.fail(
      `${what}: ${wrong.length} UEs were not sent one message, ${first.machine.name} ${counts.get(first.impi) ?? 0}`,
    );
}
