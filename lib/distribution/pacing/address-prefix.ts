import { isIPv6 } from 'node:net';

/** How many leading bits of an address name its radio network. */
export interface PrefixLengths {
  readonly ipv4: number;
  readonly ipv6: number;
}

/** The network prefix of a numeric address as a text: the same for two addresses exactly when their leading bits are. */
export function prefixOf(address: string, lengths: PrefixLengths): string {
  const unmapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1] ?? address;
  const isSix = isIPv6(unmapped);
  const parts = isSix ? groupsOf(unmapped) : unmapped.split('.').map(Number);
  const partBits = isSix ? 16 : 8;
  let bits = isSix ? lengths.ipv6 : lengths.ipv4;
  const kept: string[] = [];
  for (const part of parts) {
    if (bits <= 0) break;
    const cut = Math.max(0, partBits - bits);
    kept.push(((part >>> cut) << cut).toString(16));
    bits -= partBits;
  }
  return `${isSix ? 6 : 4}:${kept.join('.')}`;
}

/** The eight groups of an IPv6 address, with the zeros that `::` stands for; an IPv4 address may end it. */
function groupsOf(address: string): number[] {
  const [plain = ''] = address.split('%');
  const dotted = /^(.*:)([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+)$/.exec(plain);
  const text =
    dotted === null
      ? plain
      : `${dotted[1]}${hex(Number(dotted[2]) * 256 + Number(dotted[3]))}:${hex(Number(dotted[4]) * 256 + Number(dotted[5]))}`;
  const [before = '', after] = text.split('::');
  const head = groups(before);
  const tail = groups(after ?? '');
  const zeros = after === undefined ? 0 : 8 - head.length - tail.length;
  return [...head, ...Array<number>(Math.max(0, zeros)).fill(0), ...tail];
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function hex(value: number): string {
  return value.toString(16);
}
