import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { EventInput } from '../../lib/events/contracts.ts';
import { newEvent, type OutgoingEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import type { Impi } from '../../lib/gba/impi.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../lib/keys/msk-id.ts';
import { findMsk, loadKeyGroup } from '../../lib/store/key-group/key-group.ts';
import { loadPush } from '../../lib/store/ledger/push.ts';
import { loadTotals } from '../../lib/store/ledger/push-chain.ts';
import { aKeyDomainId, aKeyGroup, anMskId, impis, seconds } from '../arguments.ts';
import { CliError } from '../errors.ts';
import { sayer } from '../output.ts';
import { checkKeyDomain, type DeployedBmsc, findBmsc, type StackOptions } from '../stack.ts';
import { watchPush } from './push-progress.ts';

interface Options extends StackOptions {
  readonly json?: boolean;
  readonly ue?: Impi[];
  readonly service?: string;
  readonly keyGroup?: boolean;
  readonly undeliveredOf?: string;
  readonly verification?: boolean;
  readonly perSecond?: number;
  readonly perPrefixPerSecond?: number;
  readonly spread?: number;
  readonly watch?: boolean;
}

/** `bmsc push` and `bmsc solicit`: events that ask the Key Distribution function to send. */
export function addDistributionCommands(program: Command, withStack: (command: Command) => Command): void {
  withTarget(withStack(program.command('push').description('push an MSK to UEs, or to all of a group')))
    .argument('<keyDomainId>', 'e.g. 00f110 or 001-01', aKeyDomainId)
    .argument('<mskId>', 'e.g. 00010001; Key Number 0000 pushes the current one', anMskId)
    .option('--no-verification', 'do not ask the UEs for a verification message')
    .addHelpText(
      'after',
      '\nExamples:\n  bmsc push 001-01 00010002 --ue 001010123456789@home1.net --local' +
        '\n  bmsc push 001-01 00010000 --key-group --per-second 500 --watch --local',
    )
    .action(async (keyDomainId: KeyDomainId, id: MskId, options: Options) => {
      const mskId = formatMskId(id);
      const unverified = options.verification === false ? { verification: false } : {};
      const data = { keyDomainId, mskId, ...targetAndPacing(options), ...unverified };
      const what = `asked to push MSK ${mskId} of Key Domain ${keyDomainId}`;
      await ask(options, id, newEvent('Push MSK', data, about()), what);
    });

  withTarget(
    withStack(
      program.command('solicit').description('solicit UEs to ask for the current MSK of a Key Group'),
    ),
  )
    .argument('<keyDomainId>', 'e.g. 00f110 or 001-01', aKeyDomainId)
    .argument('<keyGroup>', 'e.g. 0001', aKeyGroup)
    .option('--spread <s>', 'spread it over so many seconds', seconds)
    .addHelpText(
      'after',
      '\nExamples:\n  bmsc solicit 001-01 0001 --ue 001010123456789@home1.net --local' +
        '\n  bmsc solicit 001-01 0001 --service urn:example:news --spread 600 --watch --local',
    )
    .action(async (keyDomainId: KeyDomainId, group: number, options: Options) => {
      const keyGroup = group.toString(16).padStart(4, '0');
      const data = { keyDomainId, keyGroup, ...targetAndPacing(options) };
      const what = `asked to solicit UEs to pull the current MSK of Key Group ${keyGroup}`;
      await ask(
        options,
        { keyGroup: group, keyNumber: 0 },
        newEvent('Solicit MSK Pull', data, about()),
        what,
      );
    });
}

function withTarget(command: Command): Command {
  return command
    .addOption(
      new Option('--ue <impi>', 'IMPI; repeatable')
        .argParser<Impi[]>(impis)
        .conflicts(['service', 'keyGroup', 'undeliveredOf']),
    )
    .addOption(
      new Option('--service <id>', 'all UEs registered to this User Service').conflicts([
        'keyGroup',
        'undeliveredOf',
      ]),
    )
    .addOption(
      new Option('--key-group', 'all UEs of all User Services of the Key Group').conflicts(['undeliveredOf']),
    )
    .option('--undelivered-of <pushId>', 'those that an earlier push has given up')
    .option('--per-second <n>', 'messages a second, of each sender', aRate)
    .option('--per-prefix-per-second <n>', 'messages a second to one network prefix, of each sender', aRate)
    .option('--watch', 'show how it goes, until it is through');
}

function aRate(text: string): number {
  const rate = Number(text);
  if (!(rate >= 0.01)) throw new InvalidArgumentError(`a rate is a number of at least 0.01, not "${text}"`);
  return rate;
}

/** @throws CliError when nobody is named */
function targetAndPacing(options: Options): Pick<EventInput<'Push MSK'>, 'target'> & { pacing?: object } {
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
  throw new CliError('say to whom: --ue, --service, --key-group or --undelivered-of');
}

/** What would reach nobody is refused here, where somebody reads it. @throws CliError */
async function ask(
  options: Options,
  mskId: MskId,
  event: OutgoingEvent<'Push MSK'> | OutgoingEvent<'Solicit MSK Pull'>,
  what: string,
): Promise<void> {
  const bmsc = await findBmsc(options);
  const { keyDomainId } = event.data;
  checkKeyDomain(bmsc, aKeyDomainId(keyDomainId));
  const { undeliveredOf } = options;
  if (undeliveredOf !== undefined) await checkEarlier(bmsc, aKeyDomainId(keyDomainId), mskId, undeliveredOf);
  if (options.ue === undefined)
    await checkGroup(bmsc, aKeyDomainId(keyDomainId), mskId, event, options.service);
  await publishEvents(bmsc.bus, [event]);
  const pushId = event.metadata.idempotencyKey;
  sayer(options.json)(`${what}: push ${pushId}`, { pushId, ...event.data });
  if (options.watch === true) await watchPush(bmsc, pushId, options.json === true);
}

async function checkGroup(
  { store }: DeployedBmsc,
  keyDomainId: KeyDomainId,
  { keyGroup, keyNumber }: MskId,
  { detailType }: OutgoingEvent,
  serviceId: string | undefined,
): Promise<void> {
  const group = await loadKeyGroup(store, { keyDomainId, keyGroup });
  if (group === undefined) throw new CliError('there is no such Key Group');
  if (detailType === 'Push MSK' && findMsk(group, keyNumber) === undefined)
    throw new CliError('there is no such MSK');
  if (serviceId !== undefined && !group.services.has(serviceId))
    throw new CliError(`User Service ${serviceId} does not use this Key Group`);
}

/** What of the earlier push is not through is left to it: to be pushed to by both would be one message too many. */
async function checkEarlier(
  { store }: DeployedBmsc,
  keyDomainId: KeyDomainId,
  { keyGroup }: MskId,
  pushId: string,
): Promise<void> {
  const earlier = await loadPush(store, pushId);
  if (earlier === undefined) throw new CliError(`there is no push ${pushId}, or none any more`);
  if (earlier.keyDomainId !== keyDomainId || earlier.mskId.keyGroup !== keyGroup)
    throw new CliError(`push ${pushId} was for another Key Group`);
  if ((await loadTotals(store, earlier)).isComplete) return;
  process.stderr.write(
    `push ${pushId} is not through: only UEs that it has given up by now are tried again. ` +
      'If it does not go on, see bmsc redrive --list\n',
  );
}

function about() {
  return { eventId: randomUUID(), now: Date.now() };
}
