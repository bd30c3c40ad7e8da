import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { optionalNumberOf } from './attributes.ts';
import { updatedIf, updateIf } from './conditional-write.ts';
import { mbsSessionKey } from './item-keys.ts';
import { getItem, type Item, type Table } from './table.ts';

/** What is known of an MBS session that gets MSKs of a Key Group. */
export interface MbsSessionState {
  /** Stands for the security context that was handed over last; undefined: none was. */
  readonly handedOver: string | undefined;
  /** Where the MB-SMF has the session; undefined: nowhere, as far as is known. */
  readonly resource: string | undefined;
  /** The context that could not be handed over, and when it is to be tried again, ms since the epoch. */
  readonly failed:
    | { readonly context: string; readonly notBefore: number; readonly tries: number }
    | undefined;
  /** How it was created; undefined: it was not, or by a release before statuses. */
  readonly created: MbsSessionCreation | undefined;
}

/** The creation of a session at an MB-SMF. */
export interface MbsSessionCreation {
  /** When, ms since the epoch: tells this session from one before. */
  readonly at: number;
  /** Stands for the members that it was created with. */
  readonly members: string;
  /** Its MbsSessionId in JSON; undefined: the MB-SMF names none. */
  readonly sessionId: string | undefined;
}

/** The subscription to the status of a session. */
export interface MbsSubscription {
  /** Names it in the URI of its notifications: 32 hexadecimal digits that nobody guesses. */
  readonly token: string;
  /** When the session was created that it is for, ms since the epoch. */
  readonly of: number;
  /** Key Group of the session, as formatKeyGroupRef writes it: notifications are told with it. */
  readonly keyGroup: string;
  /** Where the MB-SMF has it; undefined: it names no place. */
  readonly place: string | undefined;
  /** When it is to be renewed, and when it ends, ms since the epoch; undefined: it is being made. */
  readonly renewAt: number | undefined;
  readonly endsAt: number | undefined;
}

/** What is known of the status of a session. */
export interface MbsStatusState {
  readonly subscription: MbsSubscription | undefined;
  /** When a subscription that failed is to be tried again, ms since the epoch. */
  readonly failed: { readonly notBefore: number; readonly tries: number } | undefined;
}

/** What notifications have said of a session. */
export interface MbsNotified {
  /** The subscription by which the MB-SMF has said that it has released the session. */
  readonly releasedBy: string | undefined;
  /** The same, once the bus was told. */
  readonly toldBy: string | undefined;
  /** When the last status of a broadcast was so, ms since the epoch, and what it was. */
  readonly deliveryAt: number | undefined;
  readonly delivery: string | undefined;
}

/** A session with all that is known of it. */
export interface KnownMbsSession {
  readonly state: MbsSessionState;
  readonly status: MbsStatusState;
  readonly notified: MbsNotified;
}

/** The right to change a session, for a while: of two that try at a time one gets it. */
export interface MbsSessionClaim extends KnownMbsSession {
  /** Until when it is, ms since the epoch. */
  readonly until: number;
}

/** All that is known of a session, strongly consistent. One read. */
export async function loadMbsSession(table: Table, name: string): Promise<KnownMbsSession> {
  return knownOf((await getItem(table, mbsSessionKey(name))) ?? {});
}

/**
 * Takes a session to change it, for `leaseMs`: longer than that takes. `now` is ms since the epoch. One
 * write.
 * @returns undefined when another has it
 */
export async function claimMbsSession(
  table: Table,
  name: string,
  now: number,
  leaseMs: number,
): Promise<MbsSessionClaim | undefined> {
  const until = now + leaseMs;
  const item = await updatedIf(table, mbsSessionKey(name), {
    update: 'SET claimedUntil = :until',
    condition: 'attribute_not_exists(claimedUntil) OR claimedUntil <= :now',
    values: { ':until': { N: String(until) }, ':now': { N: String(now) } },
  });
  return item && { ...knownOf(item), until };
}

/**
 * Writes what has become of a session, and gives it back.
 * @returns false when the claim was over, and is another's; nothing is written
 */
export function putMbsSession(
  table: Table,
  name: string,
  claim: MbsSessionClaim,
  { handedOver, resource, failed, created }: MbsSessionState,
): Promise<boolean> {
  return putClaimed(table, name, claim, {
    claimedUntil: undefined,
    handedOver: textAttribute(handedOver),
    resource: textAttribute(resource),
    failedContext: textAttribute(failed?.context),
    notBefore: numberAttribute(failed?.notBefore),
    tries: numberAttribute(failed?.tries),
    createdAt: numberAttribute(created?.at),
    createdMembers: textAttribute(created?.members),
    sessionId: textAttribute(created?.sessionId),
  });
}

/**
 * Writes what has become of the subscription to a session's status, and gives the session back; with `keep`
 * it stays claimed.
 * @returns false when the claim was over, and is another's; nothing is written
 */
export function putMbsStatus(
  table: Table,
  name: string,
  claim: MbsSessionClaim,
  { subscription, failed }: MbsStatusState,
  { keep = false } = {},
): Promise<boolean> {
  return putClaimed(table, name, claim, {
    ...(keep ? {} : { claimedUntil: undefined }),
    statusToken: textAttribute(subscription?.token),
    statusOf: numberAttribute(subscription?.of),
    statusKeyGroup: textAttribute(subscription?.keyGroup),
    statusPlace: textAttribute(subscription?.place),
    statusRenewAt: numberAttribute(subscription?.renewAt),
    statusEndsAt: numberAttribute(subscription?.endsAt),
    statusNotBefore: numberAttribute(failed?.notBefore),
    statusTries: numberAttribute(failed?.tries),
  });
}

/**
 * Notes that the MB-SMF has released a session, or that the bus was told so, if the subscription is that of
 * the session.
 */
export function noteRelease(
  table: Table,
  name: string,
  token: string,
  what: 'releasedBy' | 'toldBy',
): Promise<boolean> {
  return updateIf(table, mbsSessionKey(name), {
    update: 'SET #what = :token',
    condition: 'statusToken = :token',
    names: { '#what': what },
    values: { ':token': { S: token } },
  });
}

/**
 * Notes the status of a broadcast, if the subscription is that of the session and none later was noted. `at`
 * is ms since the epoch.
 * @returns whether it was noted
 */
export function noteDelivery(
  table: Table,
  name: string,
  token: string,
  { status, at }: { readonly status: string; readonly at: number },
): Promise<boolean> {
  return updateIf(table, mbsSessionKey(name), {
    update: 'SET delivery = :status, deliveryAt = :at',
    condition: 'statusToken = :token AND (attribute_not_exists(deliveryAt) OR deliveryAt < :at)',
    values: { ':token': { S: token }, ':status': { S: status }, ':at': { N: String(at) } },
  });
}

/** Sets each attribute that has a value, and removes the others. */
function putClaimed(
  table: Table,
  name: string,
  { until }: MbsSessionClaim,
  attributes: Readonly<Record<string, AttributeValue | undefined>>,
): Promise<boolean> {
  const names = Object.keys(attributes);
  const values: Item = {};
  for (const [each, value] of Object.entries(attributes)) if (value !== undefined) values[`:${each}`] = value;
  const set = names.filter((each) => `:${each}` in values);
  const gone = names.filter((each) => !set.includes(each));
  const clauses = [
    ...(set.length === 0 ? [] : [`SET ${set.map((each) => `#${each} = :${each}`).join(', ')}`]),
    ...(gone.length === 0 ? [] : [`REMOVE ${gone.map((each) => `#${each}`).join(', ')}`]),
  ];
  return updateIf(table, mbsSessionKey(name), {
    update: clauses.join(' '),
    condition: '#claimedUntil = :until',
    names: Object.fromEntries(['claimedUntil', ...names].map((each) => [`#${each}`, each])),
    values: { ...values, ':until': { N: String(until) } },
  });
}

const textAttribute = (text: string | undefined) => (text === undefined ? undefined : { S: text });
const numberAttribute = (number: number | undefined) =>
  number === undefined ? undefined : { N: String(number) };

function knownOf(item: Item): KnownMbsSession {
  return {
    state: stateOfItem(item),
    status: statusOfItem(item),
    notified: {
      releasedBy: item.releasedBy?.S,
      toldBy: item.toldBy?.S,
      deliveryAt: optionalNumberOf(item, 'deliveryAt'),
      delivery: item.delivery?.S,
    },
  };
}

function stateOfItem(item: Item): MbsSessionState {
  const context = item.failedContext?.S;
  const failed = context !== undefined && {
    context,
    notBefore: optionalNumberOf(item, 'notBefore') ?? 0,
    tries: optionalNumberOf(item, 'tries') ?? 1,
  };
  const at = optionalNumberOf(item, 'createdAt');
  const created = at !== undefined && {
    at,
    members: item.createdMembers?.S ?? '',
    sessionId: item.sessionId?.S,
  };
  return {
    handedOver: item.handedOver?.S,
    resource: item.resource?.S,
    failed: failed || undefined,
    created: created || undefined,
  };
}

function statusOfItem(item: Item): MbsStatusState {
  const token = item.statusToken?.S;
  const notBefore = optionalNumberOf(item, 'statusNotBefore');
  return {
    subscription:
      token === undefined
        ? undefined
        : {
            token,
            of: optionalNumberOf(item, 'statusOf') ?? 0,
            keyGroup: item.statusKeyGroup?.S ?? '',
            place: item.statusPlace?.S,
            renewAt: optionalNumberOf(item, 'statusRenewAt'),
            endsAt: optionalNumberOf(item, 'statusEndsAt'),
          },
    failed:
      notBefore === undefined ? undefined : { notBefore, tries: optionalNumberOf(item, 'statusTries') ?? 1 },
  };
}
