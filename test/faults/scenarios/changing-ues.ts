import { putAssociation } from '../../../lib/store/association/put-association.ts';
import { deleteRegistrations } from '../../../lib/store/registration/registration.ts';
import { grant } from '../../granted-request.ts';
import { atLeast, type Expectation, figuresOf } from '../audit.ts';
import { type Harness, SERVICE_ID } from '../harness.ts';
import { impiOf } from '../identities.ts';
import { auditAll } from '../ledger.ts';
import { deregisterAssociation } from '../provision.ts';
import { awaitCompletion, pause, type Scenario } from '../scenario.ts';

const EVERY = 50;
const isAnew = (index: number) => index % EVERY === 3;
const isBefore = (index: number) => index % EVERY === 17;
const isAmid = (index: number) => index % EVERY === 31;

/** How long the messages of the push take, in s. */
const MOMENTS_S = 8;

/**
 * UEs that bootstrap anew or deregister while the push goes on. A deregistered UE is kept out twice: it is
 * not listed, and its association says so. The scenario fails when both are broken, not when one of them is.
 */
export const changingUes: Scenario = {
  name: 'changing-ues',
  about:
    '2 % of UEs deregister before a push, 2 % in the middle of it, 2 % bootstrap anew in the middle of it',
  run: async (harness) => {
    const { ues } = harness;
    await harness.startSender();
    const all = Array.from({ length: ues.count }, (_, index) => index);
    for (const index of all.filter(isBefore)) await deregister(harness, index);
    const push = await harness.push(await harness.newMsk(), ues.count / MOMENTS_S);
    let changedInTime = 0;
    const changing = spread(
      all.filter((index) => isAnew(index) || isAmid(index)),
      MOMENTS_S * 1000,
      async (index) => {
        await (isAnew(index) ? bootstrapAnew(harness, index) : deregister(harness, index));
        if (push.outcomes.completed.length === 0) changedInTime += 1;
      },
    );
    const seconds = await awaitCompletion(harness, 'changing-ues', push);
    await changing;
    const checks = [
      ...(await auditAll(harness, push, expectationOf)),
      atLeast(Math.floor(ues.count / EVERY), 'UEs changed before the push was completed', changedInTime),
    ];
    return { checks, figures: { seconds, failed: push.outcomes.failed.size, ...figuresOf(harness, push) } };
  },
};

function expectationOf(index: number): Expectation {
  if (isBefore(index)) return 'left-out';
  return isAmid(index) ? 'maybe-left-out' : 'verified';
}

async function bootstrapAnew({ ues, relay, cloud }: Harness, index: number): Promise<void> {
  const keys = ues.bootstrapAgain(index, Date.now());
  const address = relay.addresses[index % relay.addresses.length];
  // As the UE's next authenticated request leaves it.
  if (address === undefined) throw new Error('the relay has no address');
  await putAssociation(cloud.store, keys);
  await grant(cloud.store, keys.btid, { ueAddress: address });
}

async function deregister({ ues, cloud }: Harness, index: number): Promise<void> {
  await deregisterAssociation(cloud.store, ues.keysOf(index).btid, SERVICE_ID);
  await deleteRegistrations(cloud.store, { impi: impiOf(index) }, [SERVICE_ID]);
}

/** Begins the changes evenly over a time in ms: none waits for the one before it on a busy machine. */
async function spread(
  indexes: readonly number[],
  overMs: number,
  change: (index: number) => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  const begun: Promise<void>[] = [];
  for (const [turn, index] of indexes.entries()) {
    await pause(Math.max(0, startedAt + (turn * overMs) / indexes.length - performance.now()));
    begun.push(change(index));
  }
  await Promise.all(begun);
}
