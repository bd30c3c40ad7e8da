import type { Command } from 'commander';
import type { Btid } from '../../lib/gba/btid.ts';
import type { Impi } from '../../lib/gba/impi.ts';
import { loadKeyGroupOverviews } from '../../lib/inventory/key-groups.ts';
import { loadServiceOverview } from '../../lib/inventory/services.ts';
import { cancelActivation } from '../../lib/key-rotation/activation-schedule.ts';
import { deleteRotationSchedule } from '../../lib/key-rotation/rotation-schedule.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatKeyGroup, mskId } from '../../lib/keys/msk-id.ts';
import { loadAssociationSummaries } from '../../lib/store/association/association-summary.ts';
import { deleteAssociation } from '../../lib/store/association/delete-association.ts';
import { deleteKeyGroup } from '../../lib/store/key-group/key-group.ts';
import { deleteSubscriber } from '../../lib/store/registration/block.ts';
import { deleteRegistrations } from '../../lib/store/registration/registration.ts';
import { deleteSubscription, loadSubscribers } from '../../lib/store/registration/subscriber.ts';
import { deleteUserService, takeKeyGroupFromService } from '../../lib/store/registration/user-service.ts';
import { parseBtid, parseImpi, parseServiceId } from '../arguments.ts';
import { CliError } from '../errors.ts';
import {
  type CommandOptions,
  KEY_DOMAIN_ARGUMENT,
  KEY_GROUP_ARGUMENT,
  withExamples,
  withStack,
} from '../options.ts';
import { createPrint } from '../output.ts';
import { findBmsc } from '../stack.ts';
import { confirm, YES_OPTION, type YesOption } from './ask.ts';

type Options = CommandOptions & YesOption;

const IMPI = ['<impi>', 'IMPI', parseImpi] as const;
const SERVICE = ['<serviceId>', 'a URI', parseServiceId] as const;

/** `bmsc delete …`: asks before, and names what goes with it. @returns the verb */
export function addDeleteCommands(program: Command): Command {
  const remove = program.command('delete').description('delete a thing, and what goes with it');
  withExamples(remove, 'delete service urn:example:news --yes --local');
  const add = (name: string, description: string, example: string) => {
    const command = remove.command(name).description(description);
    withStack(command).option(...YES_OPTION);
    withExamples(command, `delete ${name} ${example} --yes --local`);
    return command;
  };
  add('service', 'a User Service; its Key Groups stay', 'urn:example:news')
    .argument(...SERVICE)
    .action(runService);
  add('key-group', 'a Key Group with its MSKs and its schedule', '001-01 0001')
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...KEY_GROUP_ARGUMENT)
    .action(runKeyGroup);
  add('subscriber', 'a subscriber with all that it has; a block stays', 'a@home1.net')
    .argument(...IMPI)
    .action(runSubscriber);
  add('subscription', 'what allows a subscriber a User Service', 'a@home1.net urn:example:news')
    .argument(...IMPI)
    .argument(...SERVICE)
    .action(runSubscription);
  add('registration', 'the registration of a UE to a User Service', 'a@home1.net urn:example:news')
    .argument(...IMPI)
    .argument(...SERVICE)
    .action(runRegistration);
  add('association', 'an association with its keys', 'fve4iTWb1rTb297CzVSrpw==@bsf.home1.net')
    .argument('<bTid>', 'B-TID', parseBtid)
    .action(runAssociation);
  return remove;
}

async function runService(serviceId: string, options: Options): Promise<void> {
  const { store } = await findBmsc(options);
  const service = await loadServiceOverview(store, serviceId);
  if (service === undefined) throw new CliError(`there is no User Service ${serviceId}`);
  const { keyGroups, registered } = service;
  const lost = `${registered} registered UE(s) get no MSK of ${keyGroups.join(', ') || 'it'} by it any more`;
  await confirm(`delete User Service ${serviceId}: ${lost}`, options);
  await deleteUserService(store, serviceId);
  createPrint(options.json)(`User Service ${serviceId} is deleted`, { ...service });
}

async function runKeyGroup(keyDomainId: KeyDomainId, keyGroup: number, options: Options): Promise<void> {
  const { store, schedules } = await findBmsc(options);
  const ref = { keyDomainId, keyGroup };
  const [group] = await loadKeyGroupOverviews(store, [ref]);
  if (group === undefined) throw new CliError('there is no such Key Group');
  const name = `${keyDomainId}/${formatKeyGroup(keyGroup)}`;
  const msks = group.msks.map((msk) => msk.mskId);
  const lost = `the MSKs ${msks.join(', ') || '(none)'} and the schedule go, and ${group.services.join(', ') || 'no service'} loses it`;
  await confirm(`delete Key Group ${name}: ${lost}`, options);
  for (const serviceId of group.services) await takeKeyGroupFromService(store, serviceId, ref);
  await deleteRotationSchedule(schedules, ref);
  const deleted = await deleteKeyGroup(store, ref, Date.now());
  const { prepared } = deleted ?? {};
  if (prepared !== undefined) {
    const activation = { keyDomainId, mskId: mskId(keyGroup, prepared.keyNumber), request: prepared.request };
    await cancelActivation(schedules, activation);
  }
  createPrint(options.json)(`Key Group ${name} is deleted; UEs keep MSKs that they hold`, {
    keyDomainId,
    keyGroup: formatKeyGroup(keyGroup),
    msks,
    services: group.services,
  });
}

async function runSubscriber(impi: Impi, options: Options): Promise<void> {
  const { store } = await findBmsc(options);
  const subscriber = (await loadSubscribers(store, [impi])).get(impi);
  if (subscriber === undefined) throw new CliError(`nothing is known of a subscriber ${impi}`);
  const { subscribed, registered, associations } = subscriber;
  const lost = `${subscribed.size} subscription(s), ${registered.size} registration(s) and ${associations.size} association(s) go`;
  await confirm(`delete ${impi}: ${lost}`, options);
  const deleted = await deleteSubscriber(store, impi);
  createPrint(options.json)(`${impi} is deleted: ${lost.replace(/ go$/, '')}`, { impi, ...deleted });
}

async function runSubscription(impi: Impi, serviceId: string, options: Options): Promise<void> {
  const { store } = await findBmsc(options);
  const subscriber = (await loadSubscribers(store, [impi])).get(impi);
  if (subscriber?.subscribed.has(serviceId) !== true)
    throw new CliError(`${impi} has no subscription to ${serviceId}; nothing was changed`);
  await confirm(`delete the subscription of ${impi} to ${serviceId}: it gets no MSK of it any more`, options);
  await deleteSubscription(store, impi, serviceId);
  createPrint(options.json)(`${impi} no longer has a subscription to ${serviceId}`, { impi, serviceId });
}

async function runRegistration(impi: Impi, serviceId: string, options: Options): Promise<void> {
  const { store } = await findBmsc(options);
  await confirm(`delete the registration of ${impi} to ${serviceId}: pushes leave the UE out`, options);
  await deleteRegistrations(store, { impi }, [serviceId]);
  createPrint(options.json)(`${impi} is not registered to ${serviceId}`, { impi, serviceId });
}

async function runAssociation(btid: Btid, options: Options): Promise<void> {
  const { store } = await findBmsc(options);
  const [association] = await loadAssociationSummaries(store, [btid]);
  if (association === undefined) throw new CliError(`there is no association ${btid}`);
  const { impi } = association;
  await confirm(`delete association ${btid} of ${impi}: the UE must bootstrap anew`, options);
  await deleteAssociation(store, btid);
  createPrint(options.json)(`association ${btid} of ${impi} is deleted`, { bTid: btid, impi });
}
