import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { type DeadLetter, eachDeadLetter } from '../../lib/inventory/dead-letters.ts';
import { type KeyGroupOverview, listKeyGroupOverviews } from '../../lib/inventory/key-groups.ts';
import { listPushOverviews, loadPushOverview, type PushOverview } from '../../lib/inventory/pushes.ts';
import { loadSchedules } from '../../lib/inventory/schedules.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../lib/keys/msk-id.ts';
import type { Listed, ListOptions } from '../../lib/store/catalogue.ts';
import { loadDataKeyRing } from '../../lib/store/encryption/data-key-ring.ts';
import { fillCatalogue } from '../../lib/store/fill-catalogue.ts';
import { formatKeyGroupRef, parseKeyGroupRef } from '../../lib/store/key-group/key-group-item.ts';
import { listPushesOfMsk } from '../../lib/store/ledger/push.ts';
import { listBlocked } from '../../lib/store/registration/block.ts';
import { listSubscribers } from '../../lib/store/registration/list-subscribers.ts';
import { listUserServices } from '../../lib/store/registration/user-service.ts';
import type { Table } from '../../lib/store/table.ts';
import { parseKeyDomainId, parseLimit, parseMskId } from '../arguments.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { createPrint, formatTime } from '../output.ts';
import { type DeployedBmsc, findBmsc } from '../stack.ts';
import { type Column, printTable } from '../table.ts';
import { fieldsOfPush, progressLine } from './push-progress.ts';
import { addRegistrationsCommand } from './registrations.ts';

interface ListCommandOptions extends CommandOptions {
  readonly limit: number;
  readonly scan?: boolean;
  readonly blocked?: boolean;
  readonly underWay?: boolean;
  readonly msk?: MskOf;
}

/** An MSK of a Key Domain, as `--msk` names it. */
interface MskOf {
  readonly keyDomainId: KeyDomainId;
  readonly mskId: MskId;
}

/** Entries of one read of the table. */
const PART = 100;

/** `bmsc list …`: what there is of a kind. @returns the verb */
export function addListCommands(program: Command): Command {
  const list = program.command('list').description('what there is of a kind');
  withExamples(list, 'list services --local');
  const add = (name: string, description: string, action: (options: ListCommandOptions) => Promise<void>) => {
    const command = list.command(name).description(description);
    withStack(command).option('--limit <n>', 'entries at most', parseLimit, 1000).action(action);
    withExamples(command, `list ${name} --local`);
    return command;
  };
  const SCAN = ['--scan', 'read the whole table first, for what releases before 0.2 have written'] as const;
  add('services', 'User Services and their Key Groups', listServices).option(...SCAN);
  add('key-groups', 'Key Groups, their MSKs, and when the next is the current one', showKeyGroups).option(
    ...SCAN,
  );
  add('subscribers', 'subscribers, in no order: the table is read part by part', showSubscribers).option(
    '--blocked',
    'only those that are blocked',
  );
  addRegistrationsCommand(list);
  add('pushes', 'pushes of the last 90 days, or those of one MSK, the latest first', showPushes)
    .option('--msk <keyDomainId/mskId>', 'an MSK; Key Number 0000: the solicited pulls', parseMskOf)
    .option('--under-way', 'only those that are not completed')
    .option(...SCAN);
  add('schedules', 'when MSKs are rotated by themselves', showSchedules);
  add('data-keys', 'the data keys that keys in the table are sealed under', showDataKeys);
  add('dead-letters', 'work and events that failed, and why', showDeadLetters);
  return list;
}

function parseMskOf(text: string): MskOf {
  const [keyDomainId = '', mskId = '', ...more] = text.split('/');
  if (more.length > 0)
    throw new InvalidArgumentError(`an MSK is <Key Domain ID>/<MSK ID>, such as 001-01/00010001`);
  return { keyDomainId: parseKeyDomainId(keyDomainId), mskId: parseMskId(mskId) };
}

/** All entries of a listing, part by part, up to a limit. */
async function* entriesOf<T>(
  limit: number,
  read: (options: ListOptions) => Promise<Listed<T>>,
): AsyncGenerator<T> {
  let [left, after]: [number, string | undefined] = [limit, undefined];
  do {
    const { entries, next }: Listed<T> = await read({ limit: Math.min(PART, left), after });
    yield* entries;
    left -= entries.length;
    after = next;
  } while (after !== undefined && left > 0);
}

async function printed<Row>(
  options: ListCommandOptions,
  columns: readonly Column<Row>[],
  rows: AsyncIterable<Row> | Iterable<Row>,
  fieldsOf: (row: Row) => Readonly<Record<string, unknown>>,
): Promise<void> {
  const count = await printTable({ json: options.json }, columns, rows, fieldsOf);
  if (count === 0 && options.json !== true) process.stdout.write('there is none\n');
}

async function findAndScan(options: ListCommandOptions): Promise<DeployedBmsc> {
  const bmsc = await findBmsc(options);
  if (options.scan === true) await fillCatalogue(bmsc.store);
  return bmsc;
}

async function listServices(options: ListCommandOptions): Promise<void> {
  const { store } = await findAndScan(options);
  const columns = [
    { title: 'service', text: (row: { serviceId: string }) => row.serviceId },
    { title: 'key groups', text: (row: { keyGroups: readonly string[] }) => row.keyGroups.join(' ') },
  ];
  const rows = entriesOf(options.limit, async (part) => {
    const { entries, next } = await listUserServices(store, part);
    const shown = entries.map(({ serviceId, keyGroups }) => ({
      serviceId,
      keyGroups: keyGroups.map(formatKeyGroupRef).sort(),
    }));
    return { entries: shown, next };
  });
  await printed(options, columns, rows, (row) => row);
}

async function showKeyGroups(options: ListCommandOptions): Promise<void> {
  const { store } = await findAndScan(options);
  const columns: readonly Column<KeyGroupOverview>[] = [
    { title: 'key group', text: ({ keyDomainId, keyGroup }) => `${keyDomainId}/${keyGroup}` },
    { title: 'msks', text: ({ msks }) => msks.map(({ mskId, state }) => `${mskId} ${state}`).join(', ') },
    {
      title: 'next from',
      text: ({ activateAt }) => (activateAt === undefined ? '-' : formatTime(activateAt)),
    },
    { title: 'services', text: ({ services }) => services.join(' ') },
  ];
  const rows = entriesOf(options.limit, (part) => listKeyGroupOverviews(store, part));
  await printed(options, columns, rows, ({ activateAt, ...row }) => ({
    ...row,
    ...(activateAt === undefined ? {} : { activateAt: new Date(activateAt).toISOString() }),
  }));
}

async function showSubscribers(options: ListCommandOptions): Promise<void> {
  const { store } = await findBmsc(options);
  if (options.blocked === true) {
    const rows = entriesOf(options.limit, (part) => listBlocked(store, part));
    return printed(options, [{ title: 'impi', text: (impi) => impi }], rows, (impi) => ({ impi }));
  }
  await printed(
    options,
    [
      { title: 'impi', text: ({ impi }) => impi },
      { title: 'subscribed', text: ({ subscribed }) => String(subscribed.size), align: 'right' },
      { title: 'registered', text: ({ registered }) => String(registered.size), align: 'right' },
      { title: 'associations', text: ({ associations }) => String(associations.size), align: 'right' },
      { title: 'blocked', text: ({ blockedAt }) => (blockedAt === undefined ? '-' : formatTime(blockedAt)) },
    ],
    entriesOf(options.limit, (part) => listSubscribers(store, part)),
    ({ impi, subscribed, registered, associations, blockedAt }) => ({
      impi,
      subscribed: [...subscribed].sort(),
      registered: [...registered].sort(),
      associations: associations.size,
      ...(blockedAt === undefined ? {} : { blockedAt: new Date(blockedAt).toISOString() }),
    }),
  );
}

async function showPushes(options: ListCommandOptions): Promise<void> {
  const { store } = await findAndScan(options);
  const which = options.underWay === true ? 'under-way' : 'all';
  const { msk } = options;
  await printed(
    options,
    [
      { title: 'began', text: ({ push }) => formatTime(push.startedAt) },
      { title: 'push', text: ({ push }) => push.pushId },
      { title: 'msk', text: ({ push }) => `${push.keyDomainId}/${formatMskId(push.mskId)}` },
      { title: 'progress', text: ({ push, totals }) => progressLine(push, totals, Date.now()) },
    ],
    msk === undefined
      ? entriesOf(options.limit, (part) => listPushOverviews(store, which, part))
      : pushesOfMsk(store, msk, options),
    ({ push, totals }) => fieldsOfPush(push, totals),
  );
}

/** The pushes of one MSK, the latest first. */
async function* pushesOfMsk(
  store: Table,
  { keyDomainId, mskId }: MskOf,
  { limit, underWay = false }: ListCommandOptions,
): AsyncGenerator<PushOverview> {
  const pushIds = await listPushesOfMsk(store, keyDomainId, mskId);
  let left = limit;
  for (const pushId of pushIds) {
    const overview = await loadPushOverview(store, pushId);
    if (overview === undefined || (underWay && overview.push.completedAt !== undefined)) continue;
    if (left-- === 0) return;
    yield overview;
  }
}

async function showSchedules(options: ListCommandOptions): Promise<void> {
  const { store, schedules } = await findBmsc(options);
  const refs = [];
  for await (const { keyDomainId, keyGroup } of entriesOf(options.limit, (part) =>
    listKeyGroupOverviews(store, part),
  ))
    refs.push(parseKeyGroupRef(`${keyDomainId}/${keyGroup}`));
  await printed(
    options,
    [
      { title: 'key group', text: ({ ref }) => formatKeyGroupRef(ref) },
      { title: 'schedule', text: ({ expression }) => expression },
      { title: 'next', text: ({ nextAt }) => (nextAt === undefined ? '-' : formatTime(nextAt)) },
    ],
    await loadSchedules(schedules, refs),
    ({ ref, nextAt, ...row }) => ({
      keyGroup: formatKeyGroupRef(ref),
      ...row,
      ...(nextAt === undefined ? {} : { nextAt: new Date(nextAt).toISOString() }),
    }),
  );
}

async function showDataKeys(options: ListCommandOptions): Promise<void> {
  const { store } = await findBmsc(options);
  const ring = await loadDataKeyRing(store);
  const ids = [...(ring?.wrapped.keys() ?? [])].sort((one, other) => one - other);
  await printed(
    options,
    [
      { title: 'data key', text: ({ dataKeyId }) => String(dataKeyId), align: 'right' },
      { title: 'state', text: ({ isCurrent }) => (isCurrent ? 'current' : 'opens older keys') },
    ],
    ids.map((dataKeyId) => ({ dataKeyId, isCurrent: dataKeyId === ring?.currentId })),
    (row) => row,
  );
}

async function showDeadLetters(options: ListCommandOptions): Promise<void> {
  const { queues } = await findBmsc(options);
  const print = createPrint(options.json);
  let count = 0;
  await eachDeadLetter(queues, async (letter) => {
    count += 1;
    print(lineOfDeadLetter(letter), fieldsOfDeadLetter(letter));
    return 'keep';
  });
  print(`${count} dead letter(s)`, { count });
}

const NOT_AN_EVENT = 'not an event';

/** A dead letter in a line. */
function lineOfDeadLetter({ id, detailType, sentAt, receiveCount, reason, message }: DeadLetter): string {
  const refusal = [reason, message].filter((part) => part !== undefined).join(': ');
  const parts = [id, detailType ?? NOT_AN_EVENT, sentAt, `received ${receiveCount} times`, refusal];
  return parts.filter((part) => part !== '').join('  ');
}

/** The same for programs. */
function fieldsOfDeadLetter({ body: _, detailType, ...fields }: DeadLetter) {
  return { ...fields, detailType: detailType ?? NOT_AN_EVENT };
}
