import type { Command } from 'commander';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatKeyGroup } from '../../lib/keys/msk-id.ts';
import {
  type CommandOptions,
  KEY_DOMAIN_ARGUMENT,
  KEY_GROUP_ARGUMENT,
  LEAD_TIME_OPTION,
  type LeadTimeOptions,
  type WatchOptions,
  withExamples,
  withStack,
  withWatch,
} from '../options.ts';
import { addRotateDataKeyCommand } from './rotate-data-key.ts';
import { requestRotation } from './rotation-request.ts';

/** `bmsc rotate`: an event that makes the Key Rotation function rotate the MSK of a Key Group now. */
export function addRotateCommand(program: Command): void {
  const rotate = program.command('rotate').description('make the next MSK of a Key Group, and push it ahead');
  withWatch(withStack(rotate), 'wait for the answer')
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...KEY_GROUP_ARGUMENT)
    .option(...LEAD_TIME_OPTION)
    .action(rotateMsk);
  withExamples(rotate, 'rotate 001-01 0001 --lead-time 600 --local');
  addRotateDataKeyCommand(rotate);
}

async function rotateMsk(
  keyDomainId: KeyDomainId,
  group: number,
  options: CommandOptions & LeadTimeOptions & WatchOptions,
): Promise<void> {
  const { leadTime } = options;
  const keyGroup = formatKeyGroup(group);
  const data = { keyDomainId, keyGroup, ...(leadTime === undefined ? {} : { leadTimeSeconds: leadTime }) };
  await requestRotation(
    'Rotate MSK',
    data,
    { keyDomainId, keyGroup: group },
    options,
    `asked to rotate the MSK of Key Group ${keyGroup}`,
  );
}
