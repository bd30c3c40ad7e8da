import type { Command } from 'commander';
import { newEvent } from '../../lib/events/envelope.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../lib/keys/msk-id.ts';
import { KEY_DOMAIN_ARGUMENT, mskIdArgument, withExamples, withStack } from '../options.ts';
import {
  type DistributionOptions,
  newEventIdentity,
  requestDistribution,
  targetAndPacingOf,
  withTarget,
} from './distribution-request.ts';

/** `bmsc push`: an event that makes the Key Distribution function push an MSK. @returns the command */
export function addPushCommand(program: Command): Command {
  const push = program.command('push').description('push an MSK to UEs, or to all of a group');
  withTarget(withStack(push))
    .argument(...KEY_DOMAIN_ARGUMENT)
    .argument(...mskIdArgument('e.g. 00010001; Key Number 0000 pushes the current one'))
    .option('--no-verification', 'do not ask the UEs for a verification message')
    .action(requestPush);
  withExamples(
    push,
    'push 001-01 00010002 --ue 001010123456789@home1.net --local',
    'push 001-01 00010000 --key-group --per-second 500 --watch --local',
  );
  return push;
}

async function requestPush(
  keyDomainId: KeyDomainId,
  id: MskId,
  options: DistributionOptions & { readonly verification?: boolean },
): Promise<void> {
  const mskId = formatMskId(id);
  const unverified = options.verification === false ? { verification: false } : {};
  const data = { keyDomainId, mskId, ...targetAndPacingOf(options), ...unverified };
  const event = newEvent('Push MSK', data, newEventIdentity());
  const text = `asked to push MSK ${mskId} of Key Domain ${keyDomainId}`;
  await requestDistribution(options, { keyDomainId, mskId: id }, event, text);
}
