import { StoreError } from '../errors.ts';

/** Octets of a User Service ID at most: it is part of the keys of several items. */
export const MAX_SERVICE_ID_LENGTH = 512;

/** Whether it can be the ID of a User Service: a URI of 1 to 512 octets (TS 26.346 §11), without blanks. */
export function isServiceId(text: string): boolean {
  const length = Buffer.byteLength(text);
  return length > 0 && length <= MAX_SERVICE_ID_LENGTH && !/[\s\p{C}]/u.test(text);
}

/** The ID of a User Service as it is. @throws StoreError `invalid` */
export function parseServiceId(text: string): string {
  if (isServiceId(text)) return text;
  const form = `a URI of 1 to ${MAX_SERVICE_ID_LENGTH} octets without blanks, such as urn:example:news`;
  throw new StoreError('invalid', `a User Service ID is ${form}`);
}
