import { CodedError } from '../coded-error.ts';

/** Why an event breaks the contract of the bus: it does so however often it comes. */
export const CONTRACT_BREACHES = [
  'not-an-event',
  'unknown-detail-type',
  'unknown-version',
  /** A command from a source that may give none, or a fact that the BM-SC has not reported. */
  'foreign-source',
  'bad-data',
] as const;

/** One of these. */
export type ContractBreach = (typeof CONTRACT_BREACHES)[number];

/** What is wrong with an event. */
export type EventErrorCode = ContractBreach | 'not-published';

/** An event that breaks the contract of the bus, or that the bus did not accept. */
export class EventError extends CodedError<EventErrorCode> {
  override readonly name = 'EventError';
}

/** The breach of the contract that an error is; undefined: another try may mend it. */
export function contractBreachOf(error: unknown): { reason: ContractBreach; message: string } | undefined {
  if (!(error instanceof EventError) || error.code === 'not-published') return undefined;
  return { reason: error.code, message: error.message };
}
