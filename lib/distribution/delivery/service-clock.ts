/**
 * The clock of AWS, as far as this sender has heard of it. MIKEY counters follow from it, so that senders whose own
 * clocks differ by seconds still count alike.
 */
export interface ServiceClock {
  /** Never ahead of the service's clock, once something was heard; never goes back. ms since the epoch. */
  readonly now: () => number;
  /** Takes in a time that a service has just told: the date of an answer, or when a message was put in the queue. */
  readonly hear: (serviceTime: number) => void;
}

/**
 * A clock that is set by what services tell. Any time that is told is past when it is heard, so the greatest
 * difference to the own clock is the closest from below: within a second after one answer, whose date has whole
 * seconds, within some ms after many. Since the clock is never ahead of the queue's, a message that answers
 * another over the queue always has the greater counter, whichever senders make the two.
 * @param own ms of a clock that runs at an even pace; where it starts plays no part once something was heard
 * @param forgetAfterMs differences are forgotten after one to two such times, in which two clocks drift apart by a few ms
 */
export function createServiceClock(own: () => number, forgetAfterMs = 600_000): ServiceClock {
  let window = { since: own(), ahead: Number.NEGATIVE_INFINITY };
  let previous = window;
  let last = Number.NEGATIVE_INFINITY;
  return {
    hear: (serviceTime) => {
      const now = own();
      if (now - window.since > forgetAfterMs) {
        previous = window;
        window = { since: now, ahead: Number.NEGATIVE_INFINITY };
      }
      window.ahead = Math.max(window.ahead, serviceTime - now);
    },
    now: () => {
      const ahead = Math.max(window.ahead, previous.ahead);
      last = Math.max(last, Math.floor(own() + (Number.isFinite(ahead) ? ahead : 0)));
      return last;
    },
  };
}
