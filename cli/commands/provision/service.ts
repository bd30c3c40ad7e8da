import type { Command } from 'commander';
import type { KeyGroupRef } from '../../../lib/store/key-group/key-group-item.ts';
import { addKeyGroupsToService } from '../../../lib/store/registration/user-service.ts';
import { parseKeyGroupRefs, parseServiceId } from '../../arguments.ts';
import { type CommandOptions, withExamples, withStack } from '../../options.ts';
import { createPrint } from '../../output.ts';
import { checkKeyDomain, findBmsc } from '../../stack.ts';

/** `bmsc provision service` */
export function addServiceCommand(provision: Command): void {
  const service = provision.command('service').description('a User Service with its Key Groups');
  withStack(service)
    .argument('<serviceId>', 'a URI', parseServiceId)
    .requiredOption(
      '--key-group <domain/group>',
      'Key Domain ID and Key Group, e.g. 00f110/0001; repeatable',
      parseKeyGroupRefs,
    )
    .action(provisionService);
  withExamples(service, 'provision service urn:example:news --key-group 001-01/0001 --local');
}

async function provisionService(
  serviceId: string,
  options: CommandOptions & { readonly keyGroup: KeyGroupRef[] },
): Promise<void> {
  const bmsc = await findBmsc(options);
  for (const { keyDomainId } of options.keyGroup) checkKeyDomain(bmsc, keyDomainId);
  await addKeyGroupsToService(bmsc.store, { serviceId, keyGroups: options.keyGroup });
  const text = `User Service ${serviceId} uses ${options.keyGroup.length} Key Group(s)`;
  createPrint(options.json)(text, { serviceId });
}
