import { GbaError } from './errors.ts';

/** Ua security protocol identifier of MBMS as TS 33.246 has it (TS 33.220 annex H), 5 octets. */
export const UA_SECURITY_PROTOCOL_MBMS: Uint8Array = Uint8Array.of(0x01, 0x00, 0x00, 0x00, 0x01);

// @clause TS 33.220 annex H.1 s1
// @clause TS 33.220 annex H.3 s1
/**
 * NAF_Id: the FQDN of the NAF, then the Ua security protocol identifier (TS 33.220 annex B.3).
 * @throws GbaError `bad-fqdn`
 */
export function nafId(fqdn: string): Uint8Array {
  if (!/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(fqdn)) {
    throw new GbaError('bad-fqdn', `"${fqdn}" is no FQDN`);
  }
  return Uint8Array.from([...Buffer.from(fqdn), ...UA_SECURITY_PROTOCOL_MBMS]);
}
