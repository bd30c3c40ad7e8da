import { associationKey, registrationKey, subscriberKey } from '../../../lib/store/item-keys.ts';
import type { ItemKey } from '../../../lib/store/table.ts';
import { SERVICES } from '../actors/names.ts';
import type { SimulatedUe } from '../actors/ues.ts';
import type { Run } from '../simulate.ts';
import type { JsonItem } from '../world/table.ts';

/**
 * When nothing is under way, the table has of each UE what is so, whatever went wrong before.
 * @param copies `may-be-due` before UEs come back: where a request was cut off, the association says that its
 * copies are due, and the UE's next request makes them (docs/adr/0012-a-push-reads-pages.md)
 */
export function checkState(run: Run, copies: 'are-made' | 'may-be-due' = 'are-made'): void {
  const { world, ues } = run;
  const of = ({ pk, sk }: ItemKey) => world.aws.table.find(pk, sk);
  for (const ue of ues) {
    if (ue.busy > 0) continue;
    if (ue.isBlocked) checkBlocked(run, ue, of);
    else checkUe(run, ue, { of, mayBeDue: copies === 'may-be-due' });
  }
}

type Find = (key: ItemKey) => JsonItem | undefined;

function checkUe({ world }: Run, ue: SimulatedUe, { of, mayBeDue }: { of: Find; mayBeDue: boolean }): void {
  const wrong = (what: string) => world.fail(`the table has of ${ue.machine.name} ${what}`);
  const { now } = world.scheduler;
  const registered = ue.registeredAt(now);
  const association = of(associationKey(ue.keys.btid));
  if (association === undefined) {
    wrong('no association');
    return;
  }
  const { address, port } = ue.socket.seenAt;
  // Nothing was granted under the association of a UE that has left and bootstrapped anew: no address.
  const isNowhere = association.ueAddress === undefined && registered.length === 0;
  if (!isNowhere && (association.ueAddress?.S !== address || Number(association.uePort?.N) !== port))
    wrong(`the address ${association.ueAddress?.S}, and it is at ${address}`);
  if (!isSame(setOf(association, 'registered'), registered))
    wrong(`the registrations ${setOf(association, 'registered')}, and it has ${registered}`);
  if (!isSame(setOf(of(subscriberKey(ue.impi)), 'registered'), registered))
    wrong(`a subscriber with the registrations ${setOf(of(subscriberKey(ue.impi)), 'registered')}`);
  for (const serviceId of SERVICES) {
    const registration = of(registrationKey(serviceId, ue.impi));
    if (registered.includes(serviceId) && registration === undefined)
      wrong(`no registration to ${serviceId}`);
    if (!registered.includes(serviceId) && registration !== undefined)
      wrong(`a registration to ${serviceId}, which it has left`);
    if (registration?.copyVersion === undefined || !registered.includes(serviceId)) continue;
    if (mayBeDue && association.copyDue !== undefined) continue;
    for (const [name, its] of [
      ['btid', association.btid],
      ['copyVersion', association.deliveryVersion],
      ['ueAddress', association.ueAddress],
      ['muk', association.muk],
    ] as const)
      if (JSON.stringify(registration[name]) !== JSON.stringify(its))
        wrong(`a registration to ${serviceId} with another ${name} than its association`);
  }
}

function checkBlocked({ world }: Run, ue: SimulatedUe, of: Find): void {
  if (ue.blockedSince === undefined) return;
  const wrong = (what: string) =>
    world.fail(`the table has of ${ue.machine.name}, which is blocked, ${what}`);
  if (of(associationKey(ue.keys.btid)) !== undefined) wrong('an association');
  for (const serviceId of SERVICES)
    if (of(registrationKey(serviceId, ue.impi)) !== undefined) wrong(`a registration to ${serviceId}`);
}

function setOf(item: JsonItem | undefined, name: string): readonly string[] {
  return (item?.[name]?.SS as string[] | undefined) ?? [];
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());
}
