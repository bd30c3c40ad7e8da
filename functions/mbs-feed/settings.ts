import * as v from 'valibot';
import { keyDomainIdOfText } from '../../lib/keys/key-domain-id.ts';
import { parseKeyGroup } from '../../lib/keys/msk-id.ts';
import { MBS_RELEASES, MBS_UPDATES, type MbsSession } from '../../lib/mbs/feed.ts';
import { apiRoot, nrf, scope, tlsSecretArn } from '../key-request/key-source-settings.ts';

const keyGroup = v.pipe(
  v.string(),
  v.check((text) => {
    try {
      return text.split('/').length === 2 && keyGroupOf(text).keyGroup >= 0;
    } catch {
      return false;
    }
  }, 'a Key Group such as 001-01/0010'),
);

/** The identifier of an MBS session (MbsSessionId, TS 29.571). */
const mbsSessionId = v.looseObject({
  tmgi: v.optional(
    v.looseObject({
      mbsServiceId: v.pipe(v.string(), v.regex(/^[A-Fa-f0-9]{6}$/, '6 hexadecimal digits')),
      plmnId: v.looseObject({
        mcc: v.pipe(v.string(), v.regex(/^\d{3}$/, '3 digits')),
        mnc: v.pipe(v.string(), v.regex(/^\d{2,3}$/, '2 or 3 digits')),
      }),
    }),
  ),
  ssm: v.optional(v.looseObject({ sourceIpAddr: v.looseObject({}), destIpAddr: v.looseObject({}) })),
});

/** An MBS session in the members that an MB-SMF is given (ExtMbsSession, TS 29.532), without its keys. */
const members = v.pipe(
  v.looseObject({
    serviceType: v.picklist(['MULTICAST', 'BROADCAST']),
    mbsSessionId: v.optional(mbsSessionId),
    tmgiAllocReq: v.optional(v.boolean()),
  }),
  v.check(
    ({ mbsSessionId: id, tmgiAllocReq }) =>
      id?.tmgi !== undefined || id?.ssm !== undefined || tmgiAllocReq === true,
    'mbsSessionId with tmgi or ssm, or tmgiAllocReq',
  ),
  v.check((session) => !('mbsSecurityContext' in session), 'no mbsSecurityContext: it is made here'),
);

const session = v.pipe(
  v.strictObject({
    keyGroup,
    /** To the MB-SMF with its keys, or to the bus without them. */
    to: v.optional(v.picklist(['mb-smf', 'bus']), 'mb-smf'),
    session: v.optional(members),
    /** Whether the session is over: it is released at the MB-SMF. Take it out after that. */
    ended: v.optional(v.boolean(), false),
  }),
  v.check(
    ({ to, session: its }) => to === 'bus' || its !== undefined,
    'session, as the MB-SMF is to have it',
  ),
);

/** What `bmsc.mbs` and the environment of the function have in common. */
export const mbsEntries = {
  sessions: v.pipe(
    v.record(
      v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'a name of 1 to 64 letters, digits, _ and -')),
      session,
    ),
    v.minEntries(1, 'one session or more'),
  ),
  mbSmf: v.optional(
    v.strictObject({
      apiRoot,
      /** How it is told of other MSKs; which of both it takes is unverified, so there is no default. */
      update: v.picklist(MBS_UPDATES, `one of ${MBS_UPDATES.join(', ')}`),
      scope,
      /** For one request with all that it needs. */
      timeoutSeconds: v.optional(v.pipe(v.number(), v.minValue(0.1), v.maxValue(10)), 5),
    }),
  ),
  /** Whether the status of sessions is subscribed to, and what is done with it; undefined: it is not. */
  status: v.optional(
    v.strictObject({
      /** Where the MB-SMF sends notifications: a proxy before the stack's own endpoint, its default. */
      notifyUri: v.optional(apiRoot),
      /** After the MB-SMF has released a session; the standard does not say, so there is no default. */
      onRelease: v.picklist(MBS_RELEASES, `one of ${MBS_RELEASES.join(', ')}`),
      /** How long a subscription is asked for; it is renewed after half of what the MB-SMF gives. */
      expiryHours: v.optional(v.pipe(v.number(), v.minValue(0.1), v.maxValue(720)), 24),
    }),
  ),
  nrf: v.optional(nrf),
  tlsSecretArn,
};

const schema = v.strictObject(mbsEntries);

/** The feed for 5MBS, with its defaults filled in. */
export type MbsFeedSettings = v.InferOutput<typeof schema>;

/** The same as it stands in the function's environment: JSON. */
export const mbsFeedOfText = v.pipe(v.string(), v.parseJson(), schema);

/** The sessions of the settings. */
export function sessionsOf({ sessions }: Pick<MbsFeedSettings, 'sessions'>): readonly MbsSession[] {
  return Object.entries(sessions).map(([name, { keyGroup: group, to, session: its = {}, ended }]) => ({
    name,
    keyGroup: keyGroupOf(group),
    to,
    members: its,
    isEnded: ended,
  }));
}

function keyGroupOf(text: string) {
  const [domain = '', group = ''] = text.split('/');
  return { keyDomainId: keyDomainIdOfText(domain), keyGroup: parseKeyGroup(group) };
}
