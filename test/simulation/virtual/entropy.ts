/** The octets that a simulation has in the place of a system's randomness: they depend on its seed only. */
export class Entropy {
  readonly #state: Uint32Array;

  constructor(seed: number) {
    this.#state = Uint32Array.of(seed >>> 0, 0x9e3779b9, 0x243f6a88, 0xb7e15162);
    for (let round = 0; round < 16; round++) this.word();
  }

  /** The generator xorshift128: 32 bits. */
  word(): number {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = state;
    let mixed = d ^ (d << 11);
    mixed ^= mixed >>> 8;
    state[3] = c;
    state[2] = b;
    state[1] = a;
    state[0] = mixed ^ a ^ (a >>> 19);
    return state[0];
  }

  /** At least 0, less than 1. */
  fraction(): number {
    return this.word() / 2 ** 32;
  }

  fill(octets: Uint8Array): void {
    for (let at = 0; at < octets.length; at += 4) {
      let word = this.word();
      for (let index = at; index < Math.min(at + 4, octets.length); index++) {
        octets[index] = word & 0xff;
        word >>>= 8;
      }
    }
  }

  uuid(): string {
    const octets = Buffer.alloc(16);
    this.fill(octets);
    octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x40;
    octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80;
    const hex = octets.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }
}
