import type { Command } from 'commander';
import type { Impi } from '../../lib/gba/impi.ts';
import { type KeyGroupOverview, loadKeyGroupOverviews } from '../../lib/inventory/key-groups.ts';
import { loadServiceOverview } from '../../lib/inventory/services.ts';
import {
  loadSubscriberOverview,
  type ServiceOfSubscriber,
  type SubscriberOverview,
} from '../../lib/inventory/subscriber.ts';
import { findRotationSchedule } from '../../lib/key-rotation/rotation-schedule.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { parseImpi, parseServiceId } from '../arguments.ts';
import { CliError } from '../errors.ts';
import {
  type CommandOptions,
  KEY_DOMAIN_ARGUMENT,
  KEY_GROUP_ARGUMENT,
  withExamples,
  withStack,
} from '../options.ts';
import { createPrint, formatTime } from '../output.ts';
import { findBmsc } from '../stack.ts';
import { addShowPushCommand } from './show-push.ts';

/** `bmsc show …`: one thing on one screen. @returns the verb */
export function addShowCommands(program: Command): Command {
  const show = program.command('show').description('one thing on one screen');
  withExamples(show, 'show subscriber 001010123456789@home1.net --local');

  const subscriber = show
    .command('subscriber')
    .description('what it may have, what it has, and what went wrong last');
  withStack(subscriber).argument('<impi>', 'IMPI', parseImpi).action(showSubscriber);
  withExamples(subscriber, 'show subscriber 001010123456789@home1.net --local');

  const service = show.command('service').description('a User Service: its Key Groups, and how many UEs');
  withStack(service).argument('<serviceId>', 'a URI', parseServiceId).action(showService);
  withExamples(service, 'show service urn:example:news --local');

  const group = show.command('key-group').description('a Key Group: its MSKs, and when the next comes');
  withStack(group)
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...KEY_GROUP_ARGUMENT)
    .action(showKeyGroup);
  withExamples(group, 'show key-group 001-01 0001 --local');
  addShowPushCommand(show);
  return show;
}

async function showSubscriber(impi: Impi, options: CommandOptions): Promise<void> {
  const { store } = await findBmsc(options);
  const overview = await loadSubscriberOverview(store, impi, Date.now());
  if (overview === undefined) throw new CliError(`nothing is known of a subscriber ${impi}`);
  createPrint(options.json)(linesOfSubscriber(overview).join('\n'), fieldsOfSubscriber(overview));
}

/** For a person: a line for each thing. */
function linesOfSubscriber(overview: SubscriberOverview): readonly string[] {
  const { impi, blockedAt, services, associations, obstacle } = overview;
  const state =
    blockedAt !== undefined
      ? `blocked since ${formatTime(blockedAt)}`
      : obstacle === undefined
        ? 'can be sent MSKs'
        : `can't be sent MSKs: ${obstacle}`;
  return [
    `${impi}  ${state}`,
    ...(services.length === 0 ? ['no subscriptions'] : services.flatMap(linesOfService)),
    ...(associations.length === 0 ? ['no associations'] : []),
    ...associations.map(({ btid, gbaType, expiresAt, ueAddress, isCurrent, isExpired }) => {
      const until = `${isExpired ? 'expired' : 'until'} ${formatTime(expiresAt)}`;
      const at =
        ueAddress === undefined ? 'has made no request' : `at ${ueAddress.address} ${ueAddress.port}`;
      return `association ${btid}  ${gbaType}  ${until}  ${at}${isCurrent ? '  current' : ''}`;
    }),
  ];
}

function linesOfService({ serviceId, exists, isSubscribed, isRegistered, msks }: ServiceOfSubscriber) {
  const state = [
    exists ? '' : 'not provisioned',
    isSubscribed ? 'subscribed' : 'not subscribed',
    isRegistered ? 'registered' : 'not registered',
  ];
  return [
    `service ${serviceId}  ${state.filter((part) => part !== '').join(', ')}`,
    ...msks.map(({ keyDomainId, mskId, state: life, holding }) => {
      const came = holding === undefined ? 'never sent' : `${holding.state} (${formatTime(holding.at)})`;
      return `  MSK ${keyDomainId}/${mskId} ${life}  ${came}`;
    }),
  ];
}

function fieldsOfSubscriber(overview: SubscriberOverview): Readonly<Record<string, unknown>> {
  const iso = (time: number) => new Date(time).toISOString();
  return {
    impi: overview.impi,
    ...(overview.blockedAt === undefined ? {} : { blockedAt: iso(overview.blockedAt) }),
    ...(overview.obstacle === undefined ? {} : { obstacle: overview.obstacle }),
    services: overview.services.map(({ msks, ...service }) => ({
      ...service,
      msks: msks.map(({ holding, ...msk }) => ({
        ...msk,
        ...(holding && { holding: { ...holding, at: iso(holding.at) } }),
      })),
    })),
    associations: overview.associations.map(({ btid, bootstrappedAt, expiresAt, impi: _, ...rest }) => ({
      bTid: btid,
      ...rest,
      bootstrappedAt: iso(bootstrappedAt),
      expiresAt: iso(expiresAt),
    })),
  };
}

async function showService(serviceId: string, options: CommandOptions): Promise<void> {
  const { store } = await findBmsc(options);
  const service = await loadServiceOverview(store, serviceId);
  if (service === undefined) throw new CliError(`there is no User Service ${serviceId}`);
  const text = `${serviceId}  Key Groups ${service.keyGroups.join(' ') || 'none'}  ${service.registered} UE(s) registered`;
  createPrint(options.json)(text, { ...service });
}

async function showKeyGroup(
  keyDomainId: KeyDomainId,
  keyGroup: number,
  options: CommandOptions,
): Promise<void> {
  const { store, schedules } = await findBmsc(options);
  const [group] = await loadKeyGroupOverviews(store, [{ keyDomainId, keyGroup }]);
  if (group === undefined) throw new CliError('there is no such Key Group');
  const schedule = await findRotationSchedule(schedules, { keyDomainId, keyGroup });
  const rotated = schedule === undefined ? 'not by itself' : schedule.expression;
  const { activateAt, ...fields } = group;
  createPrint(options.json)([...linesOfKeyGroup(group), `rotated ${rotated}`].join('\n'), {
    ...fields,
    ...(activateAt === undefined ? {} : { activateAt: new Date(activateAt).toISOString() }),
    ...(schedule && { schedule: schedule.expression }),
  });
}

function linesOfKeyGroup({ keyDomainId, keyGroup, services, msks, activateAt }: KeyGroupOverview) {
  return [
    `Key Group ${keyDomainId}/${keyGroup}  services ${services.join(' ') || 'none'}`,
    ...msks.map(({ mskId, state, seql, sequ }) => {
      const from = state === 'prepared' && activateAt !== undefined ? ` from ${formatTime(activateAt)}` : '';
      return `MSK ${mskId}  ${state}${from}  MTK IDs ${seql} to ${sequ}`;
    }),
  ];
}
