import { loadKeyGroup, openMsk } from '../../lib/store/key-group/key-group.ts';
import { chainsOf } from '../../lib/store/ledger/chains.ts';
import { loadPush, type Push } from '../../lib/store/ledger/push.ts';
import { loadTotals } from '../../lib/store/ledger/push-chain.ts';
import { loadPages } from '../../lib/store/ledger/push-page.ts';
import { GROUP } from './actors/names.ts';
import type { SimulatedUe } from './actors/ues.ts';
import type { PushHistory } from './history.ts';
import type { Run } from './simulate.ts';
import { BEGINNING } from './virtual/machine.ts';

/** What the ledger has of a push. */
interface LedgerOfPush {
  readonly push: Push;
  readonly verified: readonly string[];
  readonly sent: readonly string[];
  readonly failed: ReadonlyMap<string, string>;
}

const NO_MSK = '0'.repeat(32);
/** A sender hears in this time, in ms, that it must not send; faults add to it. */
const HEARS_MS = 15_000;
/** Reasons that a UE which is registered throughout can't have. */
const UNTRUE_OF_STABLE = [
  'unknown-ue',
  'not-registered',
  'no-address',
  'no-route',
  'expired-association',
  'corrupt-item',
  'blocked',
];
/** A UE that changed so shortly before a push may be due to it or not, in ms. */
const UNCERTAIN_MS = 5000;

/** Checks all that must hold when everything has ended. */
export async function checkAll(run: Run): Promise<void> {
  const { world, history, operator, rotation } = run;
  await checkPushes(run, [...history.pushes.values()]);
  await world.do(operator.machine, () => checkKeys(run));
  for (const [request, answer] of history.rotations)
    if (answer === undefined && rotation.deadLetters.length === 0)
      world.fail(`the request ${request} for a rotation was not answered`);
  const dead = await world.aws.messagesIn(world.aws.deadLetterUrl);
  const refused = [...history.pushes.values()].filter(({ isRefused }) => isRefused).length;
  if (dead > 0 && refused === 0 && rotation.deadLetters.length === 0)
    world.fail(`${dead} dead letters, though nothing was refused`);
}

/** What the ledger and the bus say of pushes is so, and the same. */
export async function checkPushes(run: Run, pushes: readonly PushHistory[]): Promise<void> {
  for (const push of pushes) {
    const ledger = await run.world.do(run.operator.machine, () => ledgerOf(run, push));
    if (ledger === undefined) continue;
    run.history.named += ledger.verified.length + ledger.sent.length + ledger.failed.size;
    checkPush(run, push, ledger);
  }
}

/** Each MSK that a UE was granted is followed by a fact: delivered, or failed and why. */
export function checkAnswers({ world, history }: Run): void {
  const { granted, lastOutcome } = history;
  const open = granted.filter(({ impi, at }) => (lastOutcome.get(impi) ?? 0) < at);
  const [first] = open;
  if (first !== undefined)
    world.fail(`${open.length} granted MSKs came to nothing, as that of ${first.impi} at ${first.at}`);
}

async function ledgerOf({ world, operator }: Run, history: PushHistory): Promise<LedgerOfPush | undefined> {
  const { pushId, isRefused } = history;
  const push = await loadPush(operator.store, pushId);
  if (push === undefined) {
    if (!isRefused) world.fail(`push ${pushId} is not in the ledger, and was not refused`);
    return undefined;
  }
  const named: [string, string][] = [];
  for (let chain = 0; chain < chainsOf(push.source); chain++)
    for (const page of await loadPages(operator.store, pushId, chain, { limit: 1000 })) {
      const { outcome } = page;
      if (outcome === undefined) {
        world.fail(`page ${page.page} of push ${pushId} has no outcome`);
        continue;
      }
      for (const impi of outcome.verified) named.push([impi, 'verified']);
      for (const impi of outcome.sent) named.push([impi, 'sent']);
      for (const [reason, impis] of Object.entries(outcome.failed))
        for (const impi of impis) named.push([impi, reason]);
    }
  if (new Set(named.map(([impi]) => impi)).size !== named.length)
    world.fail(`push ${pushId} names a UE twice in the ledger: ${twice(named)}`);
  const totals = await loadTotals(operator.store, push);
  const of = (outcome: string) => named.filter(([, each]) => each === outcome).map(([impi]) => impi);
  const [verified, sent] = [of('verified'), of('sent')];
  const failed = new Map(named.filter(([, each]) => each !== 'verified' && each !== 'sent'));
  const failures = Object.values(totals.failed).reduce((sum, each) => sum + each, 0);
  if (totals.verified !== verified.length || totals.sent !== sent.length || failures !== failed.size)
    world.fail(`the counts of push ${pushId} are not those of its pages`);
  if (!totals.isComplete) world.fail(`push ${pushId} is reported as completed, and is not`);
  return { push, verified, sent, failed };
}

function checkPush(run: Run, history: PushHistory, ledger: LedgerOfPush): void {
  const { world, ues } = run;
  const { pushId, completedAt } = history;
  if (completedAt === undefined) return;
  if (history.completions.size > 1) world.fail(`push ${pushId} was completed with different counts`);
  const isSame = (one: Iterable<string>, other: Iterable<string>) =>
    JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());
  if (ledger.push.kind === 'msk' && !isSame(history.delivered, ledger.verified))
    world.fail(`MSK Delivered of push ${pushId} names others than the ledger`);
  if (!isSame(history.failed.keys(), ledger.failed.keys()))
    world.fail(`MSK Delivery Failed of push ${pushId} names others than the ledger`);
  const named = new Set([...ledger.verified, ...ledger.sent, ...ledger.failed.keys()]);
  for (const ue of ues) checkUe(run, history, ledger, named, ue);
  if (ledger.push.kind === 'solicited-pull') checkPulls(run, history, ledger);
}

/** One pull may be solicited under a MUK that has ended (TS 33.246 §6.3.2.2.4 NOTE 1). */
function checkPulls({ world, ues }: Run, { pushId, askedAt }: PushHistory, { sent }: LedgerOfPush): void {
  for (const ue of ues) {
    const isOver = ue.keys.expiresAt - BEGINNING < askedAt - UNCERTAIN_MS;
    if (!isOver || !sent.includes(ue.impi)) continue;
    const before = ue.pullOfExpired ?? pushId;
    if (before !== pushId)
      world.fail(`${ue.machine.name} was solicited by ${before} and ${pushId} under a MUK that had ended`);
    ue.pullOfExpired = pushId;
  }
}

function checkUe(
  run: Run,
  { pushId, askedAt, completedAt = 0 }: PushHistory,
  { push, verified, failed }: LedgerOfPush,
  named: ReadonlySet<string>,
  ue: SimulatedUe,
): void {
  const { world, history } = run;
  const { impi, machine } = ue;
  const mskId = `0010${push.mskId.keyNumber.toString(16).padStart(4, '0')}`;
  if (verified.includes(impi) && !ue.taken.some((each) => each.mskId === mskId && each.at <= completedAt))
    world.fail(`${machine.name} verified ${mskId} of push ${pushId}, which it never took`);
  const isStable = ue.isStable(askedAt - UNCERTAIN_MS, completedAt) && !ue.isBlocked;
  const registered = ue.registeredAt(askedAt);
  const { source } = push;
  const isRegistered =
    source.kind === 'services' && source.services.some(({ serviceId }) => registered.includes(serviceId));
  if (!isStable) return;
  const reason = failed.get(impi) ?? '';
  if (isRegistered && UNTRUE_OF_STABLE.includes(reason))
    world.fail(`${machine.name} is named as ${reason} by push ${pushId}, which is not so`);
  if (isRegistered && push.cancelledAt === undefined && !named.has(impi))
    world.fail(`${machine.name} was due ${mskId} by push ${pushId}, which does not name it`);
  if (source.kind === 'services' && registered.length === 0 && verified.includes(impi))
    world.fail(`${machine.name} had left, and verified ${mskId} of push ${pushId}`);
  if (history.calmPushes.has(pushId) && isRegistered && !verified.includes(impi))
    world.fail(`without faults ${machine.name} did not verify ${mskId}: ${failed.get(impi) ?? 'not named'}`);
}

/** Nobody has a key that is not for him, by the octets. */
async function checkKeys({ world, plan, history, operator, senders, ues }: Run): Promise<void> {
  const { faults } = plan;
  const grace =
    HEARS_MS + 60_000 + senders.longestPauseMs + 8 * faults.slowMs + faults.delayMs + faults.lateMs;
  const octetsOf = new Map<string, string>();
  const group = await loadKeyGroup(operator.store, GROUP);
  for (const sealed of group?.msks.values() ?? []) {
    const opened = openMsk(sealed);
    if (opened === 'corrupt-item') world.fail(`MSK ${sealed.keyNumber} does not open`);
    else octetsOf.set(idOf(sealed.keyNumber), Buffer.from(opened.msk.exposeOctets()).toString('hex'));
  }
  for (const [mskId, octets] of octetsOf) if (octets === NO_MSK) octetsOf.delete(mskId);
  for (const { taken, machine, blockedSince } of ues)
    for (const { mskId, octets, at } of taken) {
      if (blockedSince !== undefined && at > blockedSince + grace)
        world.fail(`${machine.name} took ${mskId} after it was blocked`);
      if (octets === NO_MSK) continue;
      const known = octetsOf.get(mskId) ?? octets;
      octetsOf.set(mskId, known);
      if (known !== octets) world.fail(`${machine.name} took other octets as ${mskId} than others`);
      const revokedAt = history.revokedAt.get(mskId);
      if (revokedAt !== undefined && at > revokedAt + grace)
        world.fail(`${machine.name} took ${mskId} after it was revoked`);
    }
}

function idOf(keyNumber: number): string {
  return `0010${keyNumber.toString(16).padStart(4, '0')}`;
}

function twice(named: readonly (readonly [string, string])[]): string {
  const [first] = named.find(([impi], index) => named.findIndex(([each]) => each === impi) < index) ?? [];
  return named.filter(([impi]) => impi === first).join(' and ');
}
