import { checkEvent, type OutgoingEvent } from '../../lib/events/envelope.ts';
import { EventError } from '../../lib/events/errors.ts';
import { UsageError } from '../errors.ts';

/** The options that give the fields of events. */
const OPTIONS = [
  ['target.ues', '--ue'],
  ['target.serviceId', '--service'],
  ['target.undeliveredOf', '--undelivered-of'],
  ['pacing.perSecond', '--per-second'],
  ['pacing.perPrefixPerSecond', '--per-prefix-per-second'],
  ['pacing.spreadSeconds', '--spread'],
  ['leadTimeSeconds', '--lead-time'],
] as const;

/** Checks an event against the contract of the bus. @throws UsageError that names the option */
export function checkBeforePublishing(event: OutgoingEvent): void {
  try {
    checkEvent(event);
  } catch (cause) {
    if (!(cause instanceof EventError)) throw cause;
    const message = OPTIONS.reduce((text, [field, option]) => text.replaceAll(field, option), cause.message);
    throw new UsageError(message, { cause });
  }
}
