import type { Command } from 'commander';
import { loadServiceOverview } from '../../lib/inventory/services.ts';
import type { KeyStore } from '../../lib/store/key-store.ts';
import type { RegisteredUe } from '../../lib/store/registration/registration.ts';
import { loadRegistrationPage } from '../../lib/store/registration/registration-page.ts';
import { REGISTRATION_SHARDS } from '../../lib/store/registration/shards.ts';
import { parseLimit, parseServiceId } from '../arguments.ts';
import { CliError } from '../errors.ts';
import { type CommandOptions, withExamples, withStack } from '../options.ts';
import { findBmsc } from '../stack.ts';
import { printTable } from '../table.ts';

/** UEs of one read of the table. */
const PAGE = 500;

/** `bmsc list registrations`: the UEs that are registered to a User Service. */
export function addRegistrationsCommand(list: Command): void {
  const registrations = list
    .command('registrations')
    .description('UEs that are registered to a User Service, in no order, and where pushes find them');
  withStack(registrations)
    .argument('<serviceId>', 'a URI', parseServiceId)
    .option('--limit <n>', 'entries at most', parseLimit, 1000)
    .action(listRegistrations);
  withExamples(registrations, 'list registrations urn:example:news --local');
}

async function listRegistrations(
  serviceId: string,
  { json, limit, ...options }: CommandOptions & { readonly limit: number },
): Promise<void> {
  const { store } = await findBmsc(options);
  const count = await printTable(
    { json },
    [
      { title: 'impi', text: ({ impi }) => impi },
      { title: 'b-tid', text: ({ btid }) => btid },
      { title: 'ue at', text: ({ copy }) => addressOf(copy) ?? '-' },
    ],
    registeredUes(store, serviceId, limit),
    ({ impi, btid, copy }) => ({ impi, bTid: btid, ...(copy?.ueAddress && { ueAddress: copy.ueAddress }) }),
  );
  if (count > 0) return;
  if ((await loadServiceOverview(store, serviceId)) === undefined)
    throw new CliError(`there is no User Service ${serviceId}`);
  if (json !== true) process.stdout.write('there is none\n');
}

async function* registeredUes(
  store: KeyStore,
  serviceId: string,
  limit: number,
): AsyncGenerator<RegisteredUe> {
  const range = { serviceId, first: 0, last: REGISTRATION_SHARDS - 1 };
  let [left, after]: [number, string | undefined] = [limit, undefined];
  do {
    const { ues, end } = await loadRegistrationPage(store, range, after, Math.min(PAGE, left));
    yield* ues;
    left -= ues.length;
    after = end;
  } while (after !== undefined && left > 0);
}

function addressOf(copy: RegisteredUe['copy']): string | undefined {
  const at = copy?.ueAddress;
  return at && `${at.address} ${at.port}`;
}
