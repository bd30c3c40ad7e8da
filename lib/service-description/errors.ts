import { CodedError } from '../coded-error.ts';

/** The codes of a `ServiceDescriptionError`. */
export type ServiceDescriptionErrorCode = 'bad-document' | 'no-server' | 'bad-value';

/** A security description that can't be read, or is none. */
export class ServiceDescriptionError extends CodedError<ServiceDescriptionErrorCode> {
  override readonly name = 'ServiceDescriptionError';
}
