/** Calls a function once, at the earliest of the times that it is set to. */
export interface Alarm {
  /** Sets it to a time in ms, or earlier than it was set; Infinity leaves it as it is. */
  readonly set: (at: number) => void;
  readonly cancel: () => void;
}

/** An alarm that is not set. `elapsed` is ms of a clock that does not go back. */
export function createAlarm(elapsed: () => number, ring: () => void): Alarm {
  let setTo = Number.POSITIVE_INFINITY;
  let stop = () => {};
  const cancel = () => {
    stop();
    stop = () => {};
    setTo = Number.POSITIVE_INFINITY;
  };
  const rung = () => {
    cancel();
    ring();
  };
  return {
    cancel,
    set: (at) => {
      if (at >= setTo) return;
      cancel();
      setTo = at;
      const wait = at - elapsed();
      if (wait > 0) {
        const timer = setTimeout(rung, wait);
        stop = () => clearTimeout(timer);
      } else {
        // Sockets are heard before; a timer would wait for a ms, and the processor with it.
        const next = setImmediate(rung);
        stop = () => clearImmediate(next);
      }
    },
  };
}
