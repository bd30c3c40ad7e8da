import * as v from 'valibot';
import { mbsEntries } from '../../functions/mbs-feed/settings.ts';
import { arn } from './values.ts';

/** Characters in the environment of the function, which Lambda limits to 4096 in all. */
const MAX_LENGTH = 3000;

/**
 * The feed of MSKs for 5MBS: security contexts of MBS sessions, for an MB-SMF or the bus; undefined: there is
 * none.
 */
export const mbs = v.pipe(
  v.strictObject({
    ...mbsEntries,
    tlsSecretArn: v.optional(arn('secretsmanager', { resource: 'secret:.+' })),
    /** Whether the function stands in the VPC of the sender, to reach an MB-SMF that is not public. */
    inVpc: v.optional(v.boolean(), false),
    /** How often sessions are looked at without a fact: MSKs that are provisioned by hand go out then. */
    lookMinutes: v.optional(
      v.pipe(v.number(), v.integer('a whole number'), v.minValue(1), v.maxValue(60)),
      1,
    ),
  }),
  v.check(
    ({ sessions, mbSmf }) => mbSmf !== undefined || Object.values(sessions).every(({ to }) => to === 'bus'),
    'sessions that go to the MB-SMF need mbSmf',
  ),
  v.check(
    ({ status, mbSmf }) => status === undefined || mbSmf !== undefined,
    'status is that of sessions at an MB-SMF: it needs mbSmf',
  ),
  v.check(
    (settings) => JSON.stringify(settings).length <= MAX_LENGTH,
    `at most ${MAX_LENGTH} characters in all; another BM-SC of the app may have further sessions`,
  ),
);
