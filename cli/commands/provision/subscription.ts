import type { Command } from 'commander';
import type { Impi } from '../../../lib/gba/impi.ts';
import type { KeyStore } from '../../../lib/store/key-store.ts';
import { deleteSubscription, putSubscription } from '../../../lib/store/registration/subscriber.ts';
import { loadUserServices } from '../../../lib/store/registration/user-service.ts';
import { parseImpi, parseServiceId } from '../../arguments.ts';
import { CliError } from '../../errors.ts';
import { type CommandOptions, withExamples, withStack } from '../../options.ts';
import { createPrint } from '../../output.ts';
import { findBmsc } from '../../stack.ts';

/** `bmsc provision subscription` */
export function addSubscriptionCommand(provision: Command): void {
  const subscription = provision.command('subscription').description('allow a subscriber a User Service');
  withStack(subscription)
    .argument('<impi>', 'IMPI', parseImpi)
    .argument('<serviceId>', 'of a User Service that is provisioned', parseServiceId)
    .option('--remove', 'take the subscription away')
    .action(provisionSubscription);
  withExamples(
    subscription,
    'provision subscription 001010123456789@ims.mnc001.mcc001.3gppnetwork.org urn:example:news --local',
  );
}

async function provisionSubscription(
  impi: Impi,
  serviceId: string,
  options: CommandOptions & { readonly remove?: boolean },
): Promise<void> {
  const removed = options.remove === true;
  const { store } = await findBmsc(options);
  if (!removed) await checkUserService(store, serviceId);
  await (removed ? deleteSubscription : putSubscription)(store, impi, serviceId);
  const text = `${impi} ${removed ? 'no longer has' : 'has'} a subscription to ${serviceId}`;
  createPrint(options.json)(text, { impi, serviceId, removed });
}

/** @throws CliError for a User Service that is not there: its UEs would be answered 404 */
async function checkUserService(store: KeyStore, serviceId: string): Promise<void> {
  if ((await loadUserServices(store, [serviceId])).has(serviceId)) return;
  throw new CliError(
    `there is no User Service ${serviceId}; nothing was written: see "bmsc provision service"`,
  );
}
