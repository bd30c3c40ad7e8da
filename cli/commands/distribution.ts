import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { newEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import type { Impi } from '../../lib/gba/impi.ts';
import type { KeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { formatMskId, type MskId } from '../../lib/keys/msk-id.ts';
import { aKeyDomainId, aKeyGroup, anMskId, impis } from '../arguments.ts';
import { sayer } from '../output.ts';
import { findBmsc, type StackOptions } from '../stack.ts';

type Options = StackOptions & { json?: boolean; ue: Impi[]; verification?: boolean };

/** `bmsc push` and `bmsc solicit`: events that ask the Key Distribution function to send. */
export function addDistributionCommands(program: Command, withStack: (command: Command) => Command): void {
  withStack(program.command('push').description('push an MSK to UEs'))
    .argument('<keyDomainId>', 'e.g. 00f110 or 001-01', aKeyDomainId)
    .argument('<mskId>', 'e.g. 00010001; Key Number 0000 pushes the current one', anMskId)
    .requiredOption('--ue <impi>', 'IMPI; repeatable', impis)
    .option('--no-verification', 'do not ask the UEs for a verification message')
    .addHelpText('after', '\nExample:\n  bmsc push 001-01 00010002 --ue 001010123456789@home1.net --local')
    .action(async (keyDomainId: KeyDomainId, id: MskId, options: Options) => {
      const mskId = formatMskId(id);
      const about = { eventId: randomUUID(), now: Date.now() };
      const asked = options.verification === false ? { verification: false } : {};
      const data = { keyDomainId, mskId, target: { ues: options.ue }, ...asked };
      await publishEvents((await findBmsc(options)).bus, [newEvent('Push MSK', data, about)]);
      sayer(options.json)(
        `asked to push MSK ${mskId} of Key Domain ${keyDomainId} to ${options.ue.length} UE(s)`,
        {
          eventId: about.eventId,
          ...data,
        },
      );
    });

  withStack(program.command('solicit').description('solicit UEs to ask for the current MSK of a Key Group'))
    .argument('<keyDomainId>', 'e.g. 00f110 or 001-01', aKeyDomainId)
    .argument('<keyGroup>', 'e.g. 0001', aKeyGroup)
    .requiredOption('--ue <impi>', 'IMPI; repeatable', impis)
    .addHelpText('after', '\nExample:\n  bmsc solicit 001-01 0001 --ue 001010123456789@home1.net --local')
    .action(async (keyDomainId: KeyDomainId, group: number, options: Options) => {
      const keyGroup = group.toString(16).padStart(4, '0');
      const about = { eventId: randomUUID(), now: Date.now() };
      const data = { keyDomainId, keyGroup, target: { ues: options.ue } };
      await publishEvents((await findBmsc(options)).bus, [newEvent('Solicit MSK Pull', data, about)]);
      sayer(options.json)(
        `asked to solicit ${options.ue.length} UE(s) to pull the current MSK of Key Group ${keyGroup}`,
        {
          eventId: about.eventId,
          ...data,
        },
      );
    });
}
