/** Where an answer has its JSON. */
const WRITTEN = Symbol('written');

/**
 * Keeps the JSON of an answer of DynamoDB with it, as the octets that came. A client may do so: who knows
 * what items a query has reads them there in half the time that parsing takes.
 */
export function keepWritten(answer: object, octets: Uint8Array): void {
  Object.defineProperty(answer, WRITTEN, { value: octets });
}

/** The JSON of an answer; undefined: its client does not keep it. */
export function writtenOf(answer: object): Uint8Array | undefined {
  const octets: unknown = Reflect.get(answer, WRITTEN);
  return octets instanceof Uint8Array ? octets : undefined;
}
