import type { Command } from 'commander';
import { newEvent } from '../../lib/events/envelope.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { CURRENT_KEY_NUMBER, formatKeyGroup } from '../../lib/keys/msk-id.ts';
import { parseSeconds } from '../arguments.ts';
import { KEY_DOMAIN_ARGUMENT, KEY_GROUP_ARGUMENT, withExamples, withStack } from '../options.ts';
import {
  type DistributionOptions,
  newEventIdentity,
  requestDistribution,
  targetAndPacingOf,
  withTarget,
} from './distribution-request.ts';

/** `bmsc solicit`: an event that makes the Key Distribution function solicit pulls. */
export function addSolicitCommand(program: Command): void {
  const solicit = program
    .command('solicit')
    .description('solicit UEs to ask for the current MSK of a Key Group');
  withTarget(withStack(solicit))
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...KEY_GROUP_ARGUMENT)
    .option('--spread <s>', 'spread it over this many seconds, up to 3600', parseSeconds)
    .action(requestSolicitedPull);
  withExamples(
    solicit,
    'solicit 001-01 0001 --ue 001010123456789@home1.net --local',
    'solicit 001-01 0001 --service urn:example:news --spread 600 --watch --local',
  );
}

async function requestSolicitedPull(
  keyDomainId: KeyDomainId,
  group: number,
  options: DistributionOptions,
): Promise<void> {
  const keyGroup = formatKeyGroup(group);
  const data = { keyDomainId, keyGroup, ...targetAndPacingOf(options) };
  const event = newEvent('Solicit MSK Pull', data, newEventIdentity());
  const text = `asked to solicit UEs to pull the current MSK of Key Group ${keyGroup}`;
  const mskId = { keyGroup: group, keyNumber: CURRENT_KEY_NUMBER };
  await requestDistribution(options, { keyDomainId, mskId }, event, text);
}
