/** Packets that wait at once, and their octets: as many as wait in the socket. */
const MAX_PACKETS = 4096;
const MAX_OCTETS = 4 * 1024 * 1024;

interface Held {
  readonly packet: Uint8Array;
  readonly since: number;
}

/** SRTP packets whose MTK a UE does not know yet, in the order in which they came; the oldest go first. */
export class HeldPackets {
  readonly #holdMs: number;
  readonly #elapsed: () => number;
  #held: Held[] = [];
  #octets = 0;
  #dropped = 0;

  /** Keeps each for `holdMs` of the clock `elapsed`. */
  constructor(holdMs: number, elapsed: () => number) {
    this.#holdMs = holdMs;
    this.#elapsed = elapsed;
  }

  /** Packets that waited in vain. */
  get dropped(): number {
    return this.#dropped;
  }

  get waiting(): number {
    return this.#held.length;
  }

  /** Keeps a packet: its octets must not change. */
  add(packet: Uint8Array): void {
    this.#held.push({ packet, since: this.#elapsed() });
    this.#octets += packet.length;
    this.#drop();
  }

  /** Offers each that still waits to `take`, which returns whether it took it, and keeps the others. */
  offer(take: (packet: Uint8Array) => boolean): void {
    this.#drop();
    this.#held = this.#held.filter(({ packet }) => !take(packet));
    this.#octets = this.#held.reduce((sum, { packet }) => sum + packet.length, 0);
  }

  #drop(): void {
    const oldest = this.#elapsed() - this.#holdMs;
    let gone = 0;
    for (const { packet, since } of this.#held) {
      const isKept = since >= oldest && this.#held.length - gone <= MAX_PACKETS && this.#octets <= MAX_OCTETS;
      if (isKept) break;
      this.#octets -= packet.length;
      gone += 1;
    }
    if (gone > 0) this.#held.splice(0, gone);
    this.#dropped += gone;
  }
}
