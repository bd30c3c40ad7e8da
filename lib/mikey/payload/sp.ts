import type { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

/** A parameter of a policy; RFC 3830 §6.10.1 names those of SRTP. */
export interface PolicyParameter {
  readonly type: number;
  readonly value: Uint8Array;
}

/**
 * A security policy (RFC 3830 §6.10).
 *
 *     next payload (1) | policy no (1) | prot type (1) | policy param length (2) | parameters
 *
 * Each parameter is: type (1) | length (1) | value.
 */
export interface SecurityPolicy {
  readonly policyNo: number;
  readonly protType: number;
  readonly parameters: readonly PolicyParameter[];
}

/** @throws MikeyError `truncated` */
export function decodeSecurityPolicy(reader: Reader): SecurityPolicy {
  const policyNo = reader.uint(1, 'SP policy no');
  const protType = reader.uint(1, 'SP prot type');
  const inner = reader.sub(reader.uint(2, 'SP param length'), 'SP params');
  const parameters: PolicyParameter[] = [];
  while (inner.left > 0) {
    const type = inner.uint(1, 'SP param type');
    parameters.push({ type, value: inner.take(inner.uint(1, 'SP param length'), 'SP param value') });
  }
  return { policyNo, protType, parameters };
}

/** @throws MikeyError `bad-value` */
export function encodeSecurityPolicy(
  writer: Writer,
  { policyNo, protType, parameters }: SecurityPolicy,
): void {
  const inner = new Writer();
  for (const { type, value } of parameters)
    inner.uint(1, type, 'SP param type').sized(1, value, 'SP param length');
  writer
    .uint(1, policyNo, 'SP policy no')
    .uint(1, protType, 'SP prot type')
    .sized(2, inner.toOctets(), 'SP param length');
}
