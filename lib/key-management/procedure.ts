import type { OutgoingEvent } from '../events/envelope.ts';
import type { Association } from '../store/association/association.ts';
import type { KeyGroupRef } from '../store/key-group/key-group-item.ts';
import type { KeyRequestRead } from '../store/key-request-read.ts';

/** What an item of a request came to; HTTP's own numbers (unverified choice, docs/conformance.md). */
export const RESPONSE_CODE = { ok: 200, forbidden: 403, notFound: 404 } as const;

/** What a procedure decides about an authenticated request. */
export interface Decision {
  /** One code for each item of the request, in its order. */
  readonly responseCodes: readonly number[];
  readonly responseType: string;
  /** The payload that tells the codes, Base64; only asked for when not all items are fine. */
  readonly responsePayload: () => string;
  readonly register?: readonly string[];
  readonly deregister?: readonly string[];
  /** The event that follows once the request is recorded; only asked for when an item is granted. */
  readonly event: (about: { eventId: string; now: number }) => OutgoingEvent;
}

/** One of the procedures between UE and Key Request function (TS 33.246 §6.3.2.1A, §6.3.2.1B, §6.3.2.2). */
export interface Procedure<Payload> {
  readonly requestType: string;
  readonly contentType: string;
  /** @throws PayloadError */
  readonly decode: (body: Uint8Array) => Payload;
  /** What has to be read beside the association to decide. */
  readonly named: (payload: Payload) => {
    readonly keyGroups?: readonly KeyGroupRef[];
    readonly serviceIds?: readonly string[];
  };
  readonly decide: (payload: Payload, association: Association, read: KeyRequestRead) => Decision;
}
