import type { OutgoingEvent } from '../../lib/events/envelope.ts';
import type { HttpResponse } from '../../lib/front-door/index.ts';
import type { DigestAuthorization } from '../../lib/http-digest/index.ts';
import type { KeyRequestSettings } from '../../lib/key-management/context.ts';
import type { SecretKey } from '../../lib/keys/secret-key.ts';
import type { MikeyMessage } from '../../lib/mikey/index.ts';
import type { KeyData } from '../../lib/mikey/payload/key-data.ts';

/** A request as it came over HTTP. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What is right and wrong about a request, as a BM-SC without a fault sees it. */
export interface Judged extends RawRequest {
  readonly authorization: DigestAuthorization | undefined;
  /** The password of its B-TID, or that of the test subscriber for an unknown one. */
  readonly password: string;
  readonly isKnown: boolean;
  /** Whether it is of the second subscriber, whose keys end soon. */
  readonly isSecond: boolean;
  readonly isExpired: boolean;
  /** With which key a UE has signed that has bootstrapped with the BSF; undefined for another one. */
  readonly bootstrapped: 'own' | 'other-naf' | 'other-protocol' | 'other-session' | 'none' | undefined;
  /** Which of the runs of Ub gave its B-TID, from 0 on. */
  readonly session: number | undefined;
  readonly isRealmOwn: boolean;
  readonly isUriOwn: boolean;
  readonly isResponseRight: boolean;
  /** Whether the response is wrong in its last digit alone. */
  readonly isResponseNear: boolean;
  readonly nonce: 'fresh' | 'old' | 'foreign';
  readonly isCountUsed: boolean;
  /** The requesttype, and the text of its document. */
  readonly requestType: string;
  readonly xml: string;
}

/** A message of the Key Distribution function to a UE, opened with its MUK. */
export interface OpenedMessage {
  readonly message: MikeyMessage;
  readonly keys: readonly KeyData[];
  readonly muk: SecretKey;
  /** How many messages of this CSB ID came before. */
  readonly repetition: number;
  /** How many messages to this UE came before. */
  readonly position: number;
}

/** An MSK or a solicited pull that a wrong BM-SC sends of its own accord. */
export interface Unasked {
  readonly kind: 'msk' | 'pull';
  readonly group: 'granted' | 'refused';
}

/** One rule that a BM-SC breaks. */
export interface Fault {
  readonly name: string;
  /** The requirement by which it is found. */
  readonly rule: string;
  readonly settings?: Partial<KeyRequestSettings>;
  /** Takes a request that is refused; what it returns replaces parts of the request. */
  readonly forgives?: (request: Judged) => Partial<RawRequest> | boolean;
  /** Answers in place of the BM-SC. */
  readonly denies?: (request: Judged) => HttpResponse | 'challenge' | undefined;
  readonly answer?: (response: HttpResponse, request: Judged) => HttpResponse;
  /** Says 200 for every item. */
  readonly grants?: (request: Judged) => boolean;
  readonly event?: (event: OutgoingEvent) => OutgoingEvent | undefined;
  readonly sends?: (request: Judged) => Unasked | undefined;
  /** Changes a message; undefined drops it. */
  readonly datagram?: (opened: OpenedMessage) => Uint8Array | undefined;
  readonly verification?: 'dropped' | 'believed';
  /** The UE can't verify what it is given: the BM-SC is told that it did. */
  readonly isSettled?: boolean;
  /** What it sends to the UE whose keys are over when it is told to push or to solicit. */
  readonly beyondLifetime?: 'msk' | 'pull';
}
