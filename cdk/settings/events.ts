import * as v from 'valibot';
import { formatCommandSource } from '../../lib/events/command-sources.ts';
import { EVENT_SOURCE } from '../../lib/events/contracts.ts';
import { keyDomainIdOfText } from '../../lib/keys/key-domain-id.ts';
import { isPlmn } from './values.ts';

/** A `source` as EventBridge takes it; those of AWS's services are their own. */
const source = v.pipe(
  v.string(),
  v.regex(/^(?!aws\.)[A-Za-z0-9._/-]{1,256}$/, 'letters, digits and . _ / -, and not aws.…'),
);

const keyDomain = v.pipe(v.string(), v.check(isPlmn, 'MCC and MNC such as 001-01'));

const members = v.strictObject({
  /**
   * The sources that commands are taken from. With sources of the operator's systems alone, whoever may
   * command has no right to the BM-SC's own source, and can't forge what the BM-SC reports.
   */
  commandSources: v.optional(v.pipe(v.array(source), v.minLength(1), v.maxLength(20)), [EVENT_SOURCE]),
  /**
   * Further sources, each with the only Key Domains that it may command, such as `001-01`: for systems of one
   * of several PLMNs. They may not provision, which is of no Key Domain.
   */
  keyDomainSources: v.optional(
    v.record(source, v.pipe(v.array(keyDomain), v.minLength(1), v.maxLength(20))),
    {},
  ),
  /** Accounts that may put commands on the bus, from `commandSources`. */
  commandAccounts: v.optional(
    v.pipe(v.array(v.pipe(v.string(), v.regex(/^[0-9]{12}$/, 'the ID of an account'))), v.maxLength(20)),
    [],
  ),
  /** Whether the schemas of the events are published in a registry of EventBridge. */
  schemaRegistry: v.optional(v.boolean(), false),
  /** Whether each event is written to a log group, which keeps it for `retention.logDays`. */
  log: v.optional(v.boolean(), false),
});

/** The bus of events: who may command, who hears, and where its contract is published. */
export const events = v.pipe(
  members,
  v.check(
    ({ commandSources, keyDomainSources }) => !commandSources.some((each) => each in keyDomainSources),
    'a source in commandSources or in keyDomainSources, not in both',
  ),
);

/** The sources of commands, as `CommandSources` takes them: those of some Key Domains last. */
export function commandSourcesOf({
  commandSources,
  keyDomainSources,
}: v.InferOutput<typeof events>): string[] {
  return [...commandSources, ...Object.entries(keyDomainSources).map(confined)];
}

function confined([source, keyDomains]: readonly [string, readonly string[]]): string {
  return formatCommandSource(source, keyDomains.map(keyDomainIdOfText));
}
