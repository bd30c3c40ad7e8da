/** What happens next in a simulation: a binary heap by time. */
export interface EventHeap<T> {
  readonly size: number;
  readonly push: (time: number, what: T) => void;
  /** The earliest, or undefined. */
  readonly pop: () => { readonly time: number; readonly what: T } | undefined;
}

/** An empty heap. */
export function createEventHeap<T>(): EventHeap<T> {
  const heap: { time: number; what: T }[] = [];
  const at = (place: number) => heap[place]?.time ?? Number.POSITIVE_INFINITY;
  const swap = (one: number, other: number) => {
    const [a, b] = [heap[one], heap[other]];
    if (a === undefined || b === undefined) return;
    heap[one] = b;
    heap[other] = a;
  };

  return {
    get size() {
      return heap.length;
    },
    push: (time, what) => {
      let place = heap.push({ time, what }) - 1;
      while (place > 0) {
        const parent = (place - 1) >> 1;
        if (at(parent) <= time) break;
        swap(place, parent);
        place = parent;
      }
    },
    pop: () => {
      const [first] = heap;
      const last = heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (heap.length > 0) {
        heap[0] = last;
        for (let place = 0; ; ) {
          const left = 2 * place + 1;
          const least = at(left + 1) < at(left) ? left + 1 : left;
          if (at(least) >= last.time) break;
          swap(place, least);
          place = least;
        }
      }
      return first;
    },
  };
}
