import type { HttpAnswer } from '../../lib/ue/http-post.ts';
import type { TraceLine } from './requirement.ts';

/** Octets of a body that a trace repeats at most. */
const MAX_BODY = 600;

/** What stands in place of what a key made, or of what it encrypts. */
const BLANK = '…';

/** An HTTP request as it was sent, with the digests that a password can be guessed by blanked. */
export function tracedRequest(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): TraceLine {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${withoutDigests(value)}`);
  return { direction: 'sent', text: [`${method} ${target} HTTP/1.1`, ...lines, '', bodyOf(body)].join('\n') };
}

/** An HTTP answer as it was received, its digests blanked. */
export function tracedAnswer({ status, headers, body }: HttpAnswer): TraceLine {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${withoutDigests(String(value))}`);
  const text = [`HTTP/1.1 ${status}`, ...lines, '', bodyOf(Buffer.from(body).toString('latin1'))].join('\n');
  return { direction: 'received', text };
}

/** A MIKEY message in hexadecimal; what KEMAC encrypts, or should, is blanked. */
export function tracedMikey(
  direction: 'sent' | 'received',
  octets: Uint8Array,
  encrData: Uint8Array | undefined,
) {
  const hex = Buffer.from(octets).toString('hex');
  const secret = encrData === undefined ? '' : Buffer.from(encrData).toString('hex');
  const blanked = secret === '' ? hex : hex.replace(secret, `[${secret.length / 2} octets]`);
  return { direction, text: `MIKEY, ${octets.length} octets over UDP: ${blanked}` } as const;
}

function withoutDigests(value: string): string {
  return value.replace(/\b((?:response|rspauth)=")[0-9a-f]{8,}(")/gi, `$1${BLANK}$2`);
}

function bodyOf(body: string): string {
  const text = /^[A-Za-z0-9+/\s]+=*\s*$/.test(body) ? Buffer.from(body, 'base64').toString('utf8') : body;
  const shown = text.startsWith('<') ? `Base64 of ${text}` : body;
  return shown.length > MAX_BODY ? `${shown.slice(0, MAX_BODY)}… (${body.length} octets)` : shown;
}
