import type { AkaAuthorization } from '../../../lib/http-digest/index.ts';

/** A request on Ub, as a BSF without a fault sees it. */
export interface JudgedUb {
  readonly kind: 'nothing' | 'identity' | 'answer' | 'malformed';
  readonly username: string | undefined;
  /** Of an answer. */
  readonly authorization: AkaAuthorization | undefined;
  /** Whether the answer proves RES of its own nonce, whatever else is wrong with it. */
  readonly isResponseRight: boolean;
  /** Whether the password of the response is empty. */
  readonly isResponseEmpty: boolean;
  readonly nonce: 'waiting' | 'used' | 'foreign';
  readonly isUserOwn: boolean;
  readonly isRealmOwn: boolean;
  readonly isUriOwn: boolean;
  readonly qop: 'auth' | 'auth-int' | undefined;
  /** Whether auts has a right MAC; undefined without auts. */
  readonly isAutsRight: boolean | undefined;
  /** How many requests of this BSF came before. */
  readonly position: number;
}

/** An answer on Ub; the header names are in lower case. */
export interface UbAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One rule that a BSF breaks. */
export interface BsfFault {
  readonly name: string;
  /** The requirement by which it is found. */
  readonly rule: string;
  /** Takes a request that is to be refused: the BSF behind is asked with a right one. */
  readonly forgives?: (request: JudgedUb) => boolean;
  /** Answers in place of the BSF. */
  readonly denies?: (request: JudgedUb) => UbAnswer | undefined;
  /** Changes the challenge of a 401. */
  readonly challenge?: (header: string, request: JudgedUb) => string | undefined;
  /** Changes the body of a 200, before rspauth is made for it. */
  readonly body?: (body: string) => string;
  /** Changes an answer after that. */
  readonly answer?: (answer: UbAnswer, request: JudgedUb) => UbAnswer;
  /** Sends any new challenge after AUTS. */
  readonly ignoresAuts?: boolean;
  /** Challenges by another key, by a RAND that was there before, or by an SQN that does not grow. */
  readonly vector?: 'foreign' | 'repeated' | 'falling';
}
