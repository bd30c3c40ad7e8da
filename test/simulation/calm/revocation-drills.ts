import { formatMskId } from '../../../lib/keys/msk-id.ts';
import { KEY_DOMAIN_ID } from '../actors/names.ts';
import type { SimulatedUe } from '../actors/ues.ts';
import type { Run } from '../simulate.ts';
import { type Drill, SOON_MS, TAKEN_OVER_WITHIN_MS } from './drill.ts';
import { askForPush, awaitQuiet, dueUes, pass, passUntil } from './pushes.ts';

/** An MSK is taken out of use. */
export const REVOCATION_DRILLS: Readonly<Record<string, Drill>> = {
  revoke: async (run) => {
    const { history, operator, world } = run;
    const due = dueUes(run);
    const mskId = await world.do(operator.machine, () => operator.currentMskId());
    const at = world.scheduler.now;
    if (!(await revoke(run, mskId))) return;
    await pass(run, 1000);
    await passUntil(run, () => !history.isOpen, SOON_MS);
    await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
    await expectDropped(run, due, mskId, at);
  },

  'revoke-in-hand': async (run) => {
    const { history, operator, world } = run;
    const due = dueUes(run);
    const mskId = await world.do(operator.machine, () => operator.currentMskId());
    await askForPush(run, { pacing: { perSecond: 1 } });
    await pass(run, 4000);
    const at = world.scheduler.now;
    if (!(await revoke(run, mskId))) return;
    await pass(run, 2500);
    const heardAt = world.scheduler.now;
    await passUntil(run, () => !history.isOpen, TAKEN_OVER_WITHIN_MS);
    await awaitQuiet(run, TAKEN_OVER_WITHIN_MS);
    // Until a sender looks it may send the octets to a UE that has dropped the MSK already.
    const isSentBefore = (ue: SimulatedUe) =>
      octetsTaken(ue, mskId).some((time) => time > at && time <= heardAt);
    const others = due.filter((ue) => !isSentBefore(ue));
    await expectDropped(run, others, mskId, heardAt);
  },
};

/** Revokes an MSK. @returns whether it is revoked */
async function revoke(run: Run, mskId: string): Promise<boolean> {
  const { world, operator, history } = run;
  const data = { keyDomainId: KEY_DOMAIN_ID, mskId };
  const requestId = await world.do(operator.machine, () => operator.ask('Revoke MSK', data));
  const answer = () => history.rotations.get(requestId);
  if (!(await passUntil(run, () => answer() !== undefined, SOON_MS))) {
    world.fail('a revocation was not answered');
    return false;
  }
  if (answer() !== 'MSK Rotation Refused') return true;
  // A rotation that was asked for long ago may have ended meanwhile, and has taken the MSK out of use.
  const current = await world.do(operator.machine, () => operator.currentMskId());
  if (current === mskId) world.fail(`the revocation of ${mskId}, the current MSK, was refused`);
  return false;
}

/** When a UE took an MSK with its octets. */
function octetsTaken({ taken }: SimulatedUe, mskId: string): readonly number[] {
  return taken.filter((each) => each.mskId === mskId && !/^0*$/.test(each.octets)).map(({ at }) => at);
}

/** Since then these UEs were not sent the octets of a revoked MSK; they hold the current one instead. */
async function expectDropped(
  { world, operator }: Run,
  ues: readonly SimulatedUe[],
  mskId: string,
  since: number,
): Promise<void> {
  const current = await world.do(operator.machine, () => operator.currentMskId());
  for (const each of ues) {
    const { machine, ue } = each;
    if (octetsTaken(each, mskId).some((at) => at > since))
      world.fail(`${machine.name} was sent the octets of ${mskId}, which is revoked`);
    const held = ue.ring.list().map((msk) => formatMskId(msk.mskId));
    if (held.includes(mskId)) world.fail(`${machine.name} holds ${mskId}, which is revoked`);
    if (!held.includes(current)) world.fail(`${machine.name} does not hold ${current}, the current MSK`);
  }
}
