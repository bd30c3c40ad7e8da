import { type Avp, decodeAvps, encodeAvps } from './avp/avp.ts';
import { HEADER_LENGTH, MAX_MESSAGE_LENGTH } from './constants.ts';
import { DiameterError } from './errors.ts';
import { decodeHeader, encodeHeader, type Header } from './header.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** A Diameter message (RFC 6733 §3): 20 octets of header, then AVPs. */
export interface DiameterMessage {
  readonly header: Header;
  readonly avps: readonly Avp[];
}

/** Decodes exactly one message of at most `maxLength` octets. @throws DiameterError */
export function decodeMessage(octets: Uint8Array, maxLength = MAX_MESSAGE_LENGTH): DiameterMessage {
  const header = decodeHeader(octets, maxLength);
  return { header, avps: decodeAvps(new Reader(octets, HEADER_LENGTH)) };
}

/** @throws DiameterError `bad-value`, `too-long` */
export function encodeMessage({ header, avps }: DiameterMessage, maxLength = MAX_MESSAGE_LENGTH): Uint8Array {
  const body = new Writer();
  encodeAvps(body, avps);
  const length = HEADER_LENGTH + body.length;
  if (length > maxLength)
    throw new DiameterError('too-long', { field: 'message length', need: length, have: maxLength });
  const writer = new Writer();
  encodeHeader(writer, header, length);
  return writer.octets(body.toOctets()).toOctets();
}

/** The header of the answer to a request (RFC 6733 §6.2): its identifiers, command and P flag. */
export function answerHeaderOf(request: Header, isError = false): Header {
  return { ...request, isRequest: false, isError, isRetransmission: false };
}
