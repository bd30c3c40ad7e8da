import { MOST_WAITING } from './messages.ts';

/** What datagrams for other workers are given to, and counted by. */
export interface PassingOnPorts {
  /** Hands them over; `taken` is called when they no longer wait in this process. */
  readonly send: (to: number, datagrams: readonly Uint8Array[], taken: () => void) => void;
  readonly countPassedOn: (datagrams: number) => void;
  readonly countNotPassedOn: (datagrams: number) => void;
}

/**
 * Gives datagrams to the workers they are for: those of one turn of the event loop together, since a message between
 * processes costs more than what is in it. At most `MOST_WAITING` wait; more are dropped and counted.
 */
export function createPassingOn(ports: PassingOnPorts): (to: number, datagram: Uint8Array) => void {
  const gathered = new Map<number, Uint8Array[]>();
  let waiting = 0;
  const hand = () => {
    for (const [to, datagrams] of gathered) {
      ports.countPassedOn(datagrams.length);
      ports.send(to, datagrams, () => {
        waiting -= datagrams.length;
      });
    }
    gathered.clear();
  };
  return (to, datagram) => {
    if (waiting >= MOST_WAITING) return ports.countNotPassedOn(1);
    waiting += 1;
    if (gathered.size === 0) setImmediate(hand);
    const others = gathered.get(to);
    if (others === undefined) gathered.set(to, [datagram]);
    else others.push(datagram);
  };
}
