import { CodedError } from '../coded-error.ts';

/**
 * Why a request over Diameter has no answer:
 * `no-peer`: no peer can be asked; `busy`: too many requests wait for an answer; `peer-down`: the connection
 * ended, or its peer is silent; `timeout`; `bad-answer`: it can't be read, or belongs to another request;
 * `undeliverable`: no peer could forward the request; `closed`: by us.
 */
export type ZnErrorCode =
  | 'no-peer'
  | 'busy'
  | 'peer-down'
  | 'timeout'
  | 'bad-answer'
  | 'undeliverable'
  | 'closed';

/** A request over Diameter that got no answer. Its cause, if any, holds no octets of a key. */
export class ZnError extends CodedError<ZnErrorCode> {
  override readonly name = 'ZnError';
}
