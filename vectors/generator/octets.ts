/** Octets of hexadecimal digits. */
export function octets(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** Hexadecimal digits, lower case. */
export function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex');
}

/** A whole number in `length` octets, most significant first. */
export function uint(length: number, value: number): Uint8Array {
  return octets(value.toString(16).padStart(2 * length, '0'));
}

/** The octets of a text in UTF-8. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text));
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** A copy with one octet replaced by its value XOR `mask`. */
export function flipped(value: Uint8Array, index: number, mask = 1): Uint8Array {
  const at = index < 0 ? value.length + index : index;
  return value.map((octet, position) => (position === at ? octet ^ mask : octet));
}

/** A copy with the octets from `at` on replaced. */
export function replaced(value: Uint8Array, at: number, by: Uint8Array): Uint8Array {
  return concat(value.subarray(0, at), by, value.subarray(at + by.length));
}
