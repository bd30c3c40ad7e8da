import * as v from 'valibot';
import { EVENT_SOURCE } from '../../lib/events/contracts.ts';

/** A `source` as EventBridge takes it; those of AWS's services are their own. */
const source = v.pipe(
  v.string(),
  v.regex(/^(?!aws\.)[A-Za-z0-9._/-]{1,256}$/, 'letters, digits and . _ / -, and not aws.…'),
);

/** The bus of events: who may command, who hears, and where its contract is published. */
export const events = v.strictObject({
  /**
   * The sources that commands are taken from. With sources of the operator's systems alone, whoever may
   * command has no right to the BM-SC's own source, and can't forge what the BM-SC reports.
   */
  commandSources: v.optional(v.pipe(v.array(source), v.minLength(1), v.maxLength(20)), [EVENT_SOURCE]),
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
