/** Places of an empty index; a power of two. */
const MIN_PLACES = 64;
/** The index grows when more than this share of its places is taken, and shrinks below the other. */
const MOST = 0.75;
const LEAST = 0.125;

/**
 * Finds values by their CSB ID, in a third of the memory of a Map: a place for each value in two arrays. A
 * value whose place is taken stands in the next free one.
 */
export class CsbIdIndex<T> {
  #csbIds = new Uint32Array(MIN_PLACES);
  #values: (T | undefined)[] = emptyPlaces(MIN_PLACES);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(csbId: number): T | undefined {
    return this.#values[this.#placeOf(csbId)];
  }

  /** Replaces the value that has the CSB ID already. */
  set(csbId: number, value: T): void {
    if (this.#size >= this.#values.length * MOST) this.#resize(this.#values.length * 2);
    this.#put(csbId, value);
  }

  delete(csbId: number): void {
    const place = this.#placeOf(csbId);
    if (this.#values[place] === undefined) return;
    this.#size -= 1;
    this.#close(place);
    const places = this.#values.length;
    if (places > MIN_PLACES && this.#size < places * LEAST) this.#resize(places / 2);
  }

  clear(): void {
    this.#csbIds = new Uint32Array(MIN_PLACES);
    this.#values = emptyPlaces(MIN_PLACES);
    this.#size = 0;
  }

  #put(csbId: number, value: T): void {
    const place = this.#placeOf(csbId);
    if (this.#values[place] === undefined) this.#size += 1;
    this.#csbIds[place] = csbId;
    this.#values[place] = value;
  }

  /** Where the CSB ID stands, or the free place where it would. */
  #placeOf(csbId: number): number {
    const csbIds = this.#csbIds;
    const values = this.#values;
    const mask = values.length - 1;
    let place = firstPlaceOf(csbId) & mask;
    while (values[place] !== undefined && csbIds[place] !== csbId) place = (place + 1) & mask;
    return place;
  }

  /** Frees a place, and moves up those behind it that would not be found any more. */
  #close(freed: number): void {
    const csbIds = this.#csbIds;
    const values = this.#values;
    const mask = values.length - 1;
    let free = freed;
    values[free] = undefined;
    for (let place = (free + 1) & mask; values[place] !== undefined; place = (place + 1) & mask) {
      const first = firstPlaceOf(csbIds[place] as number) & mask;
      // Whether the way from its first place to where it stands passes the free one.
      if (((place - first) & mask) < ((place - free) & mask)) continue;
      csbIds[free] = csbIds[place] as number;
      values[free] = values[place];
      values[place] = undefined;
      free = place;
    }
  }

  #resize(places: number): void {
    const csbIds = this.#csbIds;
    const values = this.#values;
    this.#csbIds = new Uint32Array(places);
    this.#values = emptyPlaces(places);
    this.#size = 0;
    for (let place = 0; place < values.length; place++) {
      const value = values[place];
      if (value !== undefined) this.#put(csbIds[place] as number, value);
    }
  }
}

/** An array that has all its places, so that none has to be looked up by its number. */
function emptyPlaces<T>(places: number): (T | undefined)[] {
  return new Array<T | undefined>(places).fill(undefined);
}

/** CSB IDs of one of several workers have a remainder in common: multiplied, their bits are spread. */
function firstPlaceOf(csbId: number): number {
  const spread = Math.imul(csbId, 0x9e3779b1);
  return (spread ^ (spread >>> 15)) >>> 0;
}
