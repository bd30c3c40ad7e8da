import { EventError } from '../../lib/events/errors.ts';
import { StoreError } from '../../lib/store/errors.ts';
import { RefusedError, UsageError } from '../errors.ts';

/** An error as the page gets it. */
export interface ErrorAnswer {
  readonly status: number;
  readonly error: { readonly code: string; readonly message: string };
}

/** A request that names something that is not there. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}

/** Codes of the SDK for credentials that AWS does not take, or not for this. */
const CREDENTIALS = /AccessDenied|ExpiredToken|UnrecognizedClient|CredentialsProvider|InvalidClientTokenId/;

/** What the page is told of an error: its code and its message, both for people; never a stack. */
export function errorAnswer(error: unknown): ErrorAnswer {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  if (error instanceof NotFoundError) return answer(404, 'not-found', message);
  if (error instanceof RefusedError)
    return answer(error.code.startsWith('unknown-') ? 404 : 409, error.code, message);
  if (error instanceof UsageError) return answer(400, 'usage', message);
  if (error instanceof EventError) return answer(error.code === 'bad-data' ? 400 : 502, error.code, message);
  if (error instanceof StoreError) return answer(502, error.code, message);
  if (CREDENTIALS.test(name))
    return answer(502, 'credentials', `AWS refuses the credentials of this command: ${message}`);
  return answer(502, name, message);
}

function answer(status: number, code: string, message: string): ErrorAnswer {
  return { status, error: { code, message } };
}
