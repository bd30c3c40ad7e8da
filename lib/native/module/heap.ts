/** The memory of an instance of the module. */
export interface ModuleMemory {
  readonly buffer: ArrayBuffer;
  readonly grow: (pages: number) => number;
}

/** Inputs laid out in the heap at a time: it bounds the memory. */
export const CHUNK = 1024;

/**
 * Copies in the module go in steps of up to 32 octets: this many octets behind an area may be overwritten.
 */
export const SLACK = 32;

const PAGE = 65_536;

/**
 * Lays areas out in the heap of the module, one after another. The areas of one call begin where the module's
 * own memory ends, and replace those of the call before.
 */
export class HeapLayout {
  #end: number;

  /** @param heapBase the first octet that the module does not use itself */
  constructor(heapBase: number) {
    this.#end = aligned(heapBase);
  }

  /** The address of a new area of `length` octets: a multiple of 16, with SLACK octets behind the area. */
  reserve(length: number): number {
    const address = this.#end;
    this.#end = aligned(address + length + SLACK);
    return address;
  }

  /**
   * Grows the memory until it holds all areas. It may get a new buffer, so views are to be made afterwards.
   */
  fit(memory: ModuleMemory): void {
    const missing = this.#end - memory.buffer.byteLength;
    // Half as much again, so that batches that grow by little do not grow it each time.
    if (missing > 0) memory.grow(Math.ceil((missing + this.#end / 2) / PAGE));
  }
}

/** The next multiple of 16. */
export function aligned(address: number): number {
  return (address + 15) & ~15;
}
