/** Media types of the key management payloads (registered with IANA; TS 26.346 annex C). */
export const MEDIA_TYPE = {
  registerRequest: 'application/mbms-register+xml',
  deregisterRequest: 'application/mbms-deregister+xml',
  mskRequest: 'application/mbms-msk+xml',
  /** Also the answer to a deregistration, which has no registered type. Derived [D], docs/conformance.md. */
  registerResponse: 'application/mbms-register-response+xml',
  mskResponse: 'application/mbms-msk-response+xml',
} as const;

/** The media type of a Content-Type header, in lower case and without parameters. */
export function parseMediaType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}
