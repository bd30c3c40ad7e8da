import type { OutgoingEvent } from '../events/envelope.ts';
import type { KeyDomainId } from '../keys/key-domain-id.ts';
import type { Association } from '../store/association/association.ts';
import type { KeyGroupRef } from '../store/key-group/key-group-item.ts';
import type { KeyRequestRead } from '../store/key-request-read.ts';
import { type Rejection, rejection } from './denial.ts';
import { PayloadError } from './payload/errors.ts';
import type { PayloadProfile, REQUEST_DOCUMENTS, RESPONSE_DOCUMENTS } from './payload/payload-profile.ts';
import { RESPONSE_CODE } from './payload/response-code.ts';

/** The decision of a procedure about an authenticated request. */
export interface Decision {
  /** One code for each item of the request, in its order. */
  readonly responseCodes: readonly number[];
  /** The document that tells the UE the codes. */
  readonly response: (typeof RESPONSE_DOCUMENTS)[number];
  /** Encodes the codes as a body; called only when the answer has one. */
  readonly responsePayload: (profile: PayloadProfile) => string;
  /** Of each MSK that is granted its Key Domain; undefined: the request asks for none. */
  readonly keyDomainIds?: readonly KeyDomainId[];
  /** User Service IDs to register, undefined for none. */
  readonly register?: readonly string[];
  /** User Service IDs to deregister, undefined for none. */
  readonly deregister?: readonly string[];
  /** The event that follows once the request is recorded; called only when an item is granted. */
  readonly event: (about: { eventId: string; now: number; correlationId: string }) => OutgoingEvent;
}

/** One of the procedures between UE and Key Request function (TS 33.246 §6.3.2.1A, §6.3.2.1B, §6.3.2.2). */
export interface Procedure<Payload> {
  /** The document of its request. */
  readonly request: (typeof REQUEST_DOCUMENTS)[number];
  /** @throws PayloadError */
  readonly decode: (body: Uint8Array, profile: PayloadProfile) => Payload;
  /** The Key Groups and User Services to read, beside the association, for the decision. */
  readonly named: (payload: Payload) => {
    readonly keyGroups?: readonly KeyGroupRef[];
    readonly serviceIds?: readonly string[];
  };
  readonly decide: (payload: Payload, association: Association, read: KeyRequestRead) => Decision;
}

/** A payload that its procedure has decoded. */
export interface DecodedPayload<Payload> {
  readonly kind: 'payload';
  readonly value: Payload;
}

/** The payload of a request, decoded by its procedure; a malformed one is rejected with 400 or 413. */
export function payloadOf<Payload>(
  procedure: Procedure<Payload>,
  body: Uint8Array,
  profile: PayloadProfile,
): DecodedPayload<Payload> | Rejection {
  try {
    return { kind: 'payload', value: procedure.decode(body, profile) };
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    const status = error.code === 'too-large' ? 413 : 400;
    return rejection(status, `payload-${error.code}`, error.message, { mismatch: error.mismatch });
  }
}

/** The number of items that are granted. */
export function countGranted({ responseCodes }: Decision): number {
  return responseCodes.filter((code) => code === RESPONSE_CODE.granted).length;
}
