import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import type { EventInput } from '../../lib/events/contracts.ts';
import type { OutgoingEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import type { Impi } from '../../lib/gba/impi.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import type { MskId } from '../../lib/keys/msk-id.ts';
import { findMsk } from '../../lib/store/key-group/key-group.ts';
import { loadPush } from '../../lib/store/ledger/push.ts';
import { loadTotals } from '../../lib/store/ledger/push-chain.ts';
import { parseImpis, parseRate } from '../arguments.ts';
import { RefusedError, UsageError } from '../errors.ts';
import { type CommandOptions, isWatching, type WatchOptions, withWatch } from '../options.ts';
import { createPrint } from '../output.ts';
import { checkKeyDomain, type DeployedBmsc, findBmsc } from '../stack.ts';
import { checkBeforePublishing } from './check-event.ts';
import { existingKeyGroup } from './existing-key-group.ts';
import { exitCodeOf, watchPush } from './push-progress.ts';

/** To whom `bmsc push` and `bmsc solicit` send, and how fast. */
export interface DistributionOptions extends CommandOptions, WatchOptions {
  readonly ue?: Impi[];
  readonly service?: string;
  readonly keyGroup?: boolean;
  readonly undeliveredOf?: string;
  readonly perSecond?: number;
  readonly perPrefixPerSecond?: number;
  readonly spread?: number;
}

/** Adds the options that name the UEs and the pace. */
export function withTarget(command: Command): Command {
  const ue = new Option('--ue <impi>', 'IMPI; repeatable, up to 500').argParser<Impi[]>(parseImpis);
  const service = new Option('--service <id>', 'all UEs registered to this User Service');
  const keyGroup = new Option('--key-group', 'all UEs of all User Services of the Key Group');
  return withWatch(command, 'show how it goes, until it is completed')
    .addOption(ue.conflicts(['service', 'keyGroup', 'undeliveredOf']))
    .addOption(service.conflicts(['keyGroup', 'undeliveredOf']))
    .addOption(keyGroup.conflicts(['undeliveredOf']))
    .option('--undelivered-of <pushId>', 'UEs that an earlier push has given up')
    .option('--per-second <n>', 'messages a second, of each sender', parseRate)
    .option(
      '--per-prefix-per-second <n>',
      'messages a second to one network prefix, of each sender',
      parseRate,
    );
}

/** The part of an event's data that the options give. @throws UsageError when no UEs are named */
export function targetAndPacingOf(
  options: DistributionOptions,
): Pick<EventInput<'Push MSK'>, 'target'> & { readonly pacing?: object } {
  const { ue, service, keyGroup, undeliveredOf, perSecond, perPrefixPerSecond, spread } = options;
  const pacing = {
    ...(perSecond === undefined ? {} : { perSecond }),
    ...(perPrefixPerSecond === undefined ? {} : { perPrefixPerSecond }),
    ...(spread === undefined ? {} : { spreadSeconds: spread }),
  };
  const paced = Object.keys(pacing).length === 0 ? {} : { pacing };
  if (ue !== undefined) return { target: { ues: ue }, ...paced };
  if (service !== undefined) return { target: { serviceId: service }, ...paced };
  if (keyGroup === true) return { target: { allHolders: true }, ...paced };
  if (undeliveredOf !== undefined) return { target: { undeliveredOf }, ...paced };
  throw new UsageError('say to whom: --ue, --service, --key-group or --undelivered-of');
}

/** The identity of a new event. */
export function newEventIdentity(): { readonly eventId: string; readonly now: number } {
  return { eventId: randomUUID(), now: Date.now() };
}

/**
 * Publishes an event that makes the sender push or solicit, prints the ID of the push, and watches it if
 * asked to. A request that would reach no UE is refused here, where a person reads why.
 * @throws CliError
 */
export async function requestDistribution(
  options: DistributionOptions,
  { keyDomainId, mskId }: { readonly keyDomainId: KeyDomainId; readonly mskId: MskId },
  event: OutgoingEvent<'Push MSK'> | OutgoingEvent<'Solicit MSK Pull'>,
  text: string,
): Promise<void> {
  checkBeforePublishing(event);
  const bmsc = await findBmsc(options);
  checkKeyDomain(bmsc, keyDomainId);
  const { undeliveredOf } = options;
  await checkKeyGroup(bmsc, keyDomainId, mskId, event, options.service);
  if (undeliveredOf !== undefined) await checkEarlierPush(bmsc, keyDomainId, mskId, undeliveredOf, options);
  await publishEvents(bmsc.bus, [event]);
  const pushId = event.metadata.idempotencyKey;
  createPrint(options.json)(`${text}: push ${pushId}`, { pushId, ...event.data });
  if (isWatching(options))
    process.exitCode = exitCodeOf(
      await watchPush(bmsc, pushId, { json: options.json === true, isOwn: true }),
    );
}

async function checkKeyGroup(
  { store }: DeployedBmsc,
  keyDomainId: KeyDomainId,
  { keyGroup, keyNumber }: MskId,
  { detailType }: OutgoingEvent,
  serviceId: string | undefined,
): Promise<void> {
  const group = await existingKeyGroup(store, { keyDomainId, keyGroup });
  if (detailType === 'Push MSK' && findMsk(group, keyNumber) === undefined)
    throw new RefusedError('unknown-msk', 'there is no such MSK');
  if (serviceId !== undefined && !group.services.has(serviceId))
    throw new RefusedError('unknown-service', `User Service ${serviceId} does not use this Key Group`);
}

/**
 * Warns when the earlier push still runs: UEs that it has not settled are left to it, or they get two
 * messages.
 */
async function checkEarlierPush(
  { store }: DeployedBmsc,
  keyDomainId: KeyDomainId,
  { keyGroup }: MskId,
  pushId: string,
  { json }: CommandOptions,
): Promise<void> {
  const earlier = await loadPush(store, pushId);
  if (earlier === undefined)
    throw new RefusedError('unknown-push', `there is no push ${pushId}, or none any more`);
  if (earlier.keyDomainId !== keyDomainId || earlier.mskId.keyGroup !== keyGroup)
    throw new RefusedError('unknown-push', `push ${pushId} was for another Key Group`);
  if ((await loadTotals(store, earlier)).isComplete) return;
  const message =
    `push ${pushId} is not completed: only UEs that it has given up by now are tried again. ` +
    'If it does not go on, see bmsc redrive --list';
  process.stderr.write(`${json === true ? JSON.stringify({ warning: { message } }) : message}\n`);
}
