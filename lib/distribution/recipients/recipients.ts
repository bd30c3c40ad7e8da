import { isExpired } from '../../gba/lifetime.ts';
import { type DeliveryAssociation, openMuks } from '../../store/association/delivery-association.ts';
import { claimUsesOfExpiredMuk } from '../../store/association/expired-association.ts';
import type { KeyStore } from '../../store/key-store.ts';
import type { Subscriber } from '../../store/registration/subscriber.ts';
import type { DeliveryFailure } from '../errors.ts';
import { type LoadedAssociation, loadAssociations } from './load-associations.ts';
import type { Recipient, RefusedUe, RequestedUe } from './recipient.ts';

/** What decides whether a UE gets a message. */
export interface RecipientRule {
  /** User Services that use the Key Group, in the order that decides which of them a UE belongs to. */
  readonly services: readonly string[];
  /** Only UEs that belong to this User Service; the result leaves all others out. undefined: all UEs. */
  readonly onlyOf?: string | undefined;
  /**
   * The ID of a push that solicits pulls: one may use an expired MUK (TS 33.246 §6.3.2.2.4 NOTE 1).
   * undefined: an MSK, which never goes out under such a MUK.
   */
  readonly pullId?: string | undefined;
  /** ms since the epoch */
  readonly now: number;
}

/** Recipients, and the UEs that get no message. */
export interface FoundRecipients {
  readonly recipients: Recipient[];
  readonly refused: RefusedUe[];
}

/**
 * Reads the associations of UEs, in batches of 100, and decides which of them get a message. A recipient is
 * registered and subscribed to a User Service of the Key Group, has a MUK whose lifetime has not ended, and a
 * known address. The MUKs of all recipients are opened together.
 * @throws StoreError, or the SDK's errors
 */
export async function findRecipients(
  store: KeyStore,
  ues: readonly RequestedUe[],
  rule: RecipientRule,
): Promise<FoundRecipients> {
  const { associations, subscribers } = await loadAssociations(store, ues, rule.now);
  const eligible: ReachableAssociation[] = [];
  const refused: RefusedUe[] = [];
  for (let index = 0; index < ues.length; index++) {
    const { impi } = ues[index] as RequestedUe;
    const association = associations[index];
    if (!isOfChain(association, subscribers.get(impi), rule)) continue;
    const reason = refusalOf(association, rule, subscribers.get(impi));
    if (reason === undefined) eligible.push(association as ReachableAssociation);
    else refused.push({ impi, reason });
  }
  return openRecipients(store, eligible, refused, rule);
}

/**
 * Decides whether one UE gets each of several MSKs, which User Services use: for each of them the recipient,
 * or why the UE gets none. Its association is read once, and its MUK opened once.
 * @param services of each MSK's Key Group
 * @throws StoreError, or the SDK's errors
 */
export async function findRecipientOfEach(
  store: KeyStore,
  ue: RequestedUe,
  services: readonly (readonly string[])[],
  now: number,
): Promise<(Recipient | DeliveryFailure)[]> {
  const { associations, subscribers } = await loadAssociations(store, [ue], now);
  const [association] = associations;
  const subscriber = subscribers.get(ue.impi);
  const reasons = services.map((each) => refusalOf(association, { services: each, now }, subscriber));
  if (!reasons.includes(undefined)) return reasons.map((reason) => reason ?? 'unknown-ue');
  const eligible = association as ReachableAssociation;
  const { recipients } = await openRecipients(store, [eligible], [], { services: [], now });
  const [recipient] = recipients;
  return reasons.map((reason) => reason ?? recipient ?? 'corrupt-item');
}

/** Opens the MUKs, and lets a solicited pull use those that have expired, once each. */
async function openRecipients(
  store: KeyStore,
  eligible: readonly ReachableAssociation[],
  refused: RefusedUe[],
  { now, pullId }: RecipientRule,
): Promise<FoundRecipients> {
  const muks = await openMuks(store, eligible);
  const recipients: Recipient[] = [];
  const expired: { association: ReachableAssociation; recipient: Recipient }[] = [];
  for (let index = 0; index < eligible.length; index++) {
    const association = eligible[index] as ReachableAssociation;
    const muk = muks[index];
    const { impi, btid, bootstrappedAt, expiresAt, ueAddress: address } = association;
    if (muk === undefined) {
      refused.push({ impi, reason: 'corrupt-item' });
      continue;
    }
    const recipient = { impi, btid, muk, bootstrappedAt, expiresAt, address };
    if (!isExpired(expiresAt, now)) recipients.push(recipient);
    else expired.push({ association, recipient: { ...recipient, expiresAt: Number.POSITIVE_INFINITY } });
  }
  const { may, mayNot } = await claimUsesOfExpiredMuk(store, expired, pullId, now);
  for (const { recipient } of may) recipients.push(recipient);
  for (const { association } of mayNot)
    refused.push({ impi: association.impi, reason: 'pull-already-solicited' });
  return { recipients, refused };
}

/** An association whose UE has an address. */
type ReachableAssociation = DeliveryAssociation & {
  readonly ueAddress: NonNullable<DeliveryAssociation['ueAddress']>;
};

/** User Services of a UE. */
type UeServices = Pick<DeliveryAssociation, 'registered' | 'subscribed'>;

/**
 * Whether the UE belongs to the User Service of the chain. Without a readable association, its subscriber's
 * item says.
 */
function isOfChain(
  association: LoadedAssociation,
  subscriber: Subscriber | undefined,
  { onlyOf, services }: RecipientRule,
): boolean {
  if (onlyOf === undefined) return true;
  const isReadable = association !== undefined && association !== 'corrupt-item';
  const ofUe = isReadable ? association : subscriber && servicesOfSubscriber(subscriber);
  return ofUe !== undefined && serviceOf(ofUe, services) === onlyOf;
}

function servicesOfSubscriber({ registered, subscribed }: Subscriber): UeServices {
  return { registered: [...registered], subscribed: [...subscribed] };
}

/**
 * The first of the services that the UE is registered and subscribed to: it counts there, and nowhere else.
 */
function serviceOf({ registered, subscribed }: UeServices, services: readonly string[]): string | undefined {
  for (const service of services)
    if (registered.includes(service) && subscribed.includes(service)) return service;
  return undefined;
}

/**
 * Why the UE gets no message. undefined: it is eligible, and its association has an address. The subscriber
 * was read where the association is missing or expired, as those of a blocked one are.
 */
function refusalOf(
  association: LoadedAssociation,
  { services, pullId, now }: RecipientRule,
  subscriber: Subscriber | undefined,
): DeliveryFailure | undefined {
  if (subscriber?.blockedAt !== undefined) return 'blocked';
  if (association === undefined) return 'unknown-ue';
  if (association === 'corrupt-item') return association;
  if (serviceOf(association, services) === undefined) return 'not-registered';
  if (pullId === undefined && isExpired(association.expiresAt, now)) return 'expired-association';
  if (association.ueAddress === undefined) return 'no-address';
  return undefined;
}
