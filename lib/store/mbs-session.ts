import { optionalNumberOf } from './attributes.ts';
import { updatedIf, updateIf } from './conditional-write.ts';
import { mbsSessionKey } from './item-keys.ts';
import type { Item, Table } from './table.ts';

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
}

/** The right to change a session, for a while: of two that try at a time one gets it. */
export interface MbsSessionClaim {
  readonly state: MbsSessionState;
  /** Until when it is, ms since the epoch. */
  readonly until: number;
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
  return item && { state: stateOfItem(item), until };
}

/**
 * Writes what has become of a session, and gives it back.
 * @returns false when the claim was over, and is another's; nothing is written
 */
export function putMbsSession(
  table: Table,
  name: string,
  { until }: MbsSessionClaim,
  { handedOver, resource, failed }: MbsSessionState,
): Promise<boolean> {
  const values: Item = {
    ...(handedOver !== undefined && { ':handedOver': { S: handedOver } }),
    ...(resource !== undefined && { ':resource': { S: resource } }),
    ...(failed !== undefined && {
      ':failedContext': { S: failed.context },
      ':notBefore': { N: String(failed.notBefore) },
      ':tries': { N: String(failed.tries) },
    }),
  };
  const names = Object.keys(values).map((each) => each.slice(1));
  const gone = ['handedOver', 'resource', 'failedContext', 'notBefore', 'tries'].filter(
    (each) => !names.includes(each),
  );
  const set = names.map((each) => `#${each} = :${each}`).join(', ');
  return updateIf(table, mbsSessionKey(name), {
    update: `${set === '' ? '' : `SET ${set} `}REMOVE ${['claimedUntil', ...gone].map((each) => `#${each}`).join(', ')}`,
    condition: '#claimedUntil = :until',
    names: Object.fromEntries(['claimedUntil', ...names, ...gone].map((each) => [`#${each}`, each])),
    values: { ...values, ':until': { N: String(until) } },
  });
}

function stateOfItem(item: Item): MbsSessionState {
  const context = item.failedContext?.S;
  const failed = context !== undefined && {
    context,
    notBefore: optionalNumberOf(item, 'notBefore') ?? 0,
    tries: optionalNumberOf(item, 'tries') ?? 1,
  };
  return { handedOver: item.handedOver?.S, resource: item.resource?.S, failed: failed || undefined };
}
