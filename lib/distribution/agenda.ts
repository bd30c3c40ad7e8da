/** Things to do at their times, the earliest first: a binary heap. Times are ms of any clock. */
export interface Agenda<T> {
  readonly size: number;
  /** The time of the earliest; infinite when there is none. */
  readonly nextAt: number;
  /** The earliest, or undefined. */
  readonly next: () => T | undefined;
  readonly add: (at: number, what: T) => void;
  /** Takes out the earliest, or undefined. */
  readonly take: () => T | undefined;
}

/** An empty agenda. */
export function createAgenda<T>(): Agenda<T> {
  const entries: { at: number; what: T }[] = [];

  const swapUpwards = (from: number) => {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (!isEarlier(index, parent)) return;
      swap(index, parent);
      index = parent;
    }
  };
  const swapDownwards = () => {
    for (let index = 0; ; ) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      let earliest = index;
      if (isEarlier(left, earliest)) earliest = left;
      if (isEarlier(right, earliest)) earliest = right;
      if (earliest === index) return;
      swap(index, earliest);
      index = earliest;
    }
  };
  const isEarlier = (one: number, other: number) => {
    const [first, second] = [entries[one], entries[other]];
    return first !== undefined && second !== undefined && first.at < second.at;
  };
  const swap = (one: number, other: number) => {
    const [first, second] = [entries[one], entries[other]];
    if (first === undefined || second === undefined) return;
    entries[one] = second;
    entries[other] = first;
  };

  return {
    get size() {
      return entries.length;
    },
    get nextAt() {
      return entries[0]?.at ?? Number.POSITIVE_INFINITY;
    },
    next: () => entries[0]?.what,
    add: (at, what) => {
      entries.push({ at, what });
      swapUpwards(entries.length - 1);
    },
    take: () => {
      const first = entries[0];
      const last = entries.pop();
      if (first === undefined || last === undefined) return undefined;
      if (entries.length > 0) {
        entries[0] = last;
        swapDownwards();
      }
      return first.what;
    },
  };
}
