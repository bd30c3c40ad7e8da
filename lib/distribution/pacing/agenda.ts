/** Things to do at their times, the earliest first. Times are ms of any clock. */
export interface Agenda<T> {
  readonly size: number;
  /** The time of the earliest; infinite when there is none. */
  readonly nextAt: number;
  /** The earliest, or undefined. */
  readonly next: () => T | undefined;
  readonly add: (at: number, what: T) => void;
  /** As `add`, and faster where each time is the same as the one before or later. */
  readonly addInOrder: (at: number, what: T) => void;
  /** Takes out the earliest, or undefined. */
  readonly take: () => T | undefined;
}

/** What both parts of an agenda do. */
type Part<T> = Omit<Agenda<T>, 'addInOrder'>;

/** An empty agenda. */
export function createAgenda<T>(): Agenda<T> {
  const heap = createHeap<T>();
  const line = createLine<T>();
  const first = () => (line.nextAt <= heap.nextAt ? line : heap);
  return {
    get size() {
      return heap.size + line.size;
    },
    get nextAt() {
      return first().nextAt;
    },
    next: () => first().next(),
    add: heap.add,
    addInOrder: (at, what) => (at >= line.lastAt ? line.add(at, what) : heap.add(at, what)),
    take: () => first().take(),
  };
}

/** A binary heap. Times stand apart from what is done at them, so that nothing is allocated for either. */
function createHeap<T>(): Part<T> {
  const times: number[] = [];
  const things: T[] = [];

  /** Moves what is added or taken out past all that belong above it, or below. */
  const putUpwards = (from: number, at: number, what: T) => {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const time = times[parent] as number;
      if (time <= at) break;
      times[index] = time;
      things[index] = things[parent] as T;
      index = parent;
    }
    times[index] = at;
    things[index] = what;
  };
  const putDownwards = (at: number, what: T) => {
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= times.length) break;
      if (child + 1 < times.length && (times[child + 1] as number) < (times[child] as number)) child++;
      const time = times[child] as number;
      if (time >= at) break;
      times[index] = time;
      things[index] = things[child] as T;
      index = child;
    }
    times[index] = at;
    things[index] = what;
  };

  return {
    get size() {
      return times.length;
    },
    get nextAt() {
      return times[0] ?? Number.POSITIVE_INFINITY;
    },
    next: () => things[0],
    add: (at, what) => {
      times.push(at);
      things.push(what);
      putUpwards(times.length - 1, at, what);
    },
    take: () => {
      const first = things[0];
      const at = times.pop();
      const last = things.pop();
      if (at !== undefined && times.length > 0) putDownwards(at, last as T);
      return first;
    },
  };
}

/** What has gone from the front of a line stays in its arrays until it is half of them, and so many. */
const GONE = 1024;

/** What is added in order is taken in order. */
function createLine<T>(): Part<T> & { readonly lastAt: number } {
  let times: number[] = [];
  let things: (T | undefined)[] = [];
  let front = 0;
  return {
    get size() {
      return times.length - front;
    },
    get nextAt() {
      return times[front] ?? Number.POSITIVE_INFINITY;
    },
    get lastAt() {
      return times.length === front ? Number.NEGATIVE_INFINITY : (times[times.length - 1] as number);
    },
    next: () => things[front],
    add: (at, what) => {
      times.push(at);
      things.push(what);
    },
    take: () => {
      if (front === times.length) return undefined;
      const first = things[front];
      things[front] = undefined;
      front++;
      if (front === times.length || (front >= GONE && 2 * front >= times.length)) {
        times = times.slice(front);
        things = things.slice(front);
        front = 0;
      }
      return first;
    },
  };
}
