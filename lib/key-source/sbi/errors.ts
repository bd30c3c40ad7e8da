import { CodedError } from '../../coded-error.ts';

/** Why a network function gave no answer. The codes are those of logs and metrics. */
export type SbiErrorCode =
  | 'timeout'
  | 'no-connection'
  | 'connection-lost'
  | 'too-large'
  | 'bad-redirect'
  | 'token-refused'
  | 'discovery-failed'
  | 'nothing-discovered'
  | 'wrong-credentials'
  | 'closed';

/** A request of the service-based interface that was not answered as it should be. */
export class SbiError extends CodedError<SbiErrorCode> {
  override readonly name = 'SbiError';
}
