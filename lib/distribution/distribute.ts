import { type IncomingEvent, newEvent, type OutgoingEvent } from '../events/envelope.ts';
import { nafId } from '../gba/naf-id.ts';
import { formatMskId, mskId } from '../keys/msk-id.ts';
import { encodeMskMessage, encodeSolicitedPullMessage, type MukAddressing } from '../mikey/index.ts';
import { findMsk } from '../store/key-group.ts';
import type { KeyStore } from '../store/key-store.ts';
import type { MikeyCounters } from './counter.ts';
import type { DatagramTransport } from './datagram-transport.ts';
import { DeliveryError } from './errors.ts';
import type { OutstandingMessages } from './outstanding.ts';
import { findRecipients, type Recipient } from './recipients.ts';
import { type WorkItem, workOfEvent } from './work.ts';

/** What is remembered of an MSK message until it is verified. */
export interface AwaitedMsk {
  readonly impi: string;
  readonly bTid: string;
  readonly keyDomainId: string;
  readonly mskId: string;
  readonly correlationId: string;
}

/** All that the Key Distribution function touches outside itself. */
export interface DistributionContext {
  readonly store: KeyStore;
  readonly transport: DatagramTransport;
  readonly counters: MikeyCounters;
  readonly outstanding: OutstandingMessages<AwaitedMsk>;
  readonly publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  readonly nafFqdn: string;
  /** Whether MSK messages ask for a verification message (the V-bit) unless their event says otherwise. */
  readonly verification: boolean;
  /** ms since the epoch */
  readonly now: () => number;
  readonly randomOctets: (length: number) => Uint8Array;
}

/** How the messages of one event fared. */
export interface DistributionReport {
  readonly sent: number;
  readonly failed: number;
}

/** Octets of RAND in each message (RFC 3830 §6.11: at least 16). */
const RAND_LENGTH = 16;

/**
 * The Key Distribution function: makes and sends the MIKEY messages that one event asks for, and tells
 * the bus of those that could not be sent and of the pulls that were solicited. A verified delivery is
 * told when its verification message comes.
 * @throws StoreError, EventError or the SDK's errors; the event is then to be handled again
 */
export async function distribute(
  context: DistributionContext,
  event: IncomingEvent,
): Promise<DistributionReport> {
  const items = await workOfEvent(context.store, event);
  const { recipients, unserved } = await findRecipients(context.store, items, context.now());
  const { correlationId } = event.metadata;
  const failures = [...unserved];
  const facts: OutgoingEvent[] = [];
  for (const recipient of recipients) {
    try {
      await sendTo(context, recipient, correlationId);
      if (recipient.item.kind === 'solicited-pull')
        facts.push(pullSolicited(context, recipient.item, correlationId));
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      failures.push({ item: recipient.item, error });
    }
  }
  facts.push(
    ...failures.map(({ item, error }) => deliveryFailed(context, describe(item), error.code, correlationId)),
  );
  await context.publish(facts);
  return { sent: items.length - failures.length, failed: failures.length };
}

/** The event for an MSK message whose verification message has come. */
export function mskDelivered(
  context: DistributionContext,
  { correlationId, ...msk }: AwaitedMsk,
): OutgoingEvent {
  return newEvent('MSK Delivered', msk, { ...newId(context), correlationId });
}

/** The event for an MSK message that was not sent, or not verified. */
export function deliveryFailed(
  context: DistributionContext,
  msk: Pick<AwaitedMsk, 'impi' | 'keyDomainId' | 'mskId'>,
  reason: string,
  correlationId: string,
): OutgoingEvent {
  const { impi, keyDomainId, mskId } = msk;
  return newEvent(
    'MSK Delivery Failed',
    { impi, keyDomainId, mskId, reason },
    { ...newId(context), correlationId },
  );
}

async function sendTo(
  context: DistributionContext,
  { item, association, keyGroup }: Recipient,
  correlationId: string,
): Promise<void> {
  const { ueAddress } = association;
  if (ueAddress === undefined) throw new DeliveryError('no-address', 'the UE has no address');
  const now = context.now();
  const addressing: MukAddressing = {
    muk: association.muk,
    csbId: Buffer.from(context.randomOctets(4)).readUInt32BE(),
    rand: context.randomOctets(RAND_LENGTH),
    counter: context.counters.next(association.btid, association.bootstrappedAt, now),
    bmscId: nafId(context.nafFqdn),
    ueId: Buffer.from(association.btid),
  };
  const { keyDomainId } = item;
  if (item.kind === 'solicited-pull') {
    const message = encodeSolicitedPullMessage({ ...addressing, keyDomainId, keyGroup: keyGroup.keyGroup });
    return context.transport.send(message, ueAddress);
  }
  const msk = findMsk(keyGroup, item.mskId.keyNumber);
  if (msk === undefined) throw new DeliveryError('unknown-msk', 'there is no such MSK');
  const id = mskId(keyGroup.keyGroup, msk.keyNumber);
  const verificationRequested = item.verification ?? context.verification;
  const message = encodeMskMessage({
    ...addressing,
    keyDomainId,
    mskId: id,
    msk: msk.msk,
    validity: msk.validity,
    verificationRequested,
  });
  if (verificationRequested) {
    // Before sending: on a short path the answer can be back before the send is reported.
    const about = {
      impi: item.impi,
      bTid: association.btid,
      keyDomainId,
      mskId: formatMskId(id),
      correlationId,
    };
    context.outstanding.add({ sent: addressing, sentAt: now, about });
  }
  await context.transport.send(message, ueAddress);
}

function pullSolicited(context: DistributionContext, item: WorkItem, correlationId: string): OutgoingEvent {
  const { impi, keyDomainId, mskId } = item;
  const keyGroup = formatMskId(mskId).slice(0, 4);
  return newEvent(
    'MSK Pull Solicited',
    { impi, keyDomainId, keyGroup },
    { ...newId(context), correlationId },
  );
}

function describe({ impi, keyDomainId, mskId }: WorkItem) {
  return { impi, keyDomainId, mskId: formatMskId(mskId) };
}

function newId(context: DistributionContext) {
  return { eventId: Buffer.from(context.randomOctets(16)).toString('hex'), now: context.now() };
}
