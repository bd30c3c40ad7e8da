import crypto, { webcrypto } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { performance } from 'node:perf_hooks';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import type { Entropy } from './entropy.ts';
import { Machine } from './machine.ts';
import type { Entry, Scheduler } from './scheduler.ts';

/** What the simulation in this process runs on; replaced for each run. */
export interface Installed {
  readonly scheduler: Scheduler;
  readonly entropy: Entropy;
}

const OUTSIDE = new Machine('outside', 0);
let installed: Installed | undefined;

/** From now on, all clocks, timers and random octets of this process are those of this simulation. */
export function runOn(simulation: Installed): void {
  if (installed === undefined) install();
  installed = simulation;
}

function simulation(): Installed {
  if (installed === undefined) throw new Error('no simulation is installed');
  return installed;
}

function current(): Machine {
  return simulation().scheduler.current ?? OUTSIDE;
}

/** Stands for Node's Timeout and Immediate. */
class VirtualTimer {
  #entry: Entry;
  readonly #set: () => Entry;

  constructor(set: () => Entry) {
    this.#set = set;
    this.#entry = set();
  }

  again(): void {
    this.#entry = this.#set();
  }

  refresh(): this {
    this.#entry.run = undefined;
    this.again();
    return this;
  }

  close(): this {
    this.#entry.run = undefined;
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function timeout(run: (...args: unknown[]) => void, ms = 1, ...args: unknown[]): VirtualTimer {
  const machine = current();
  const { scheduler } = simulation();
  const delay = machine.trueDelay(wholeMs(ms));
  return new VirtualTimer(() => scheduler.after(delay, machine, () => run(...args)));
}

function interval(run: (...args: unknown[]) => void, ms = 1, ...args: unknown[]): VirtualTimer {
  const machine = current();
  const { scheduler } = simulation();
  const delay = machine.trueDelay(wholeMs(ms));
  const timer: VirtualTimer = new VirtualTimer(() =>
    scheduler.after(delay, machine, () => {
      timer.again();
      run(...args);
    }),
  );
  return timer;
}

function immediate(run: (...args: unknown[]) => void, ...args: unknown[]): VirtualTimer {
  const machine = current();
  const { scheduler } = simulation();
  return new VirtualTimer(() => scheduler.after(0, machine, () => run(...args)));
}

function clear(timer: unknown): void {
  if (timer instanceof VirtualTimer) timer.close();
}

/** As Node rounds the delays of timers. */
function wholeMs(ms: number): number {
  return ms >= 1 && ms <= 2 ** 31 - 1 ? Math.trunc(ms) : 1;
}

function pause<T>(ms?: number, value?: T, { signal }: { signal?: AbortSignal } = {}): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = timeout(() => resolve(value), ms);
    signal?.addEventListener('abort', () => {
      timer.close();
      reject(signal.reason);
    });
  });
}

function wall(): number {
  return Math.floor(current().wall(simulation().scheduler.now));
}

const RealDate = globalThis.Date;

/** `new Date()` is now by the machine's clock. */
class VirtualDate extends RealDate {
  constructor(...args: unknown[]) {
    if (args.length === 0) super(wall());
    else super(...(args as [number]));
  }

  static override now(): number {
    return wall();
  }
}

function install(): void {
  const set = { setTimeout: timeout, setInterval: interval, setImmediate: immediate };
  const unset = { clearTimeout: clear, clearInterval: clear, clearImmediate: clear };
  Object.assign(globalThis, set, unset, { Date: VirtualDate });
  Object.assign(timers, set, unset);
  Object.assign(timersPromises, { setTimeout: pause, setImmediate: (value: unknown) => pause(1, value) });
  Object.defineProperty(performance, 'now', {
    configurable: true,
    value: () => current().elapsed(simulation().scheduler.now),
  });
  const entropy = () => simulation().entropy;
  Math.random = () => entropy().fraction();
  const randomUUID = () => entropy().uuid();
  const fill = <T extends ArrayBufferView>(view: T): T => {
    entropy().fill(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    return view;
  };
  Object.assign(crypto, {
    randomBytes: (length: number) => fill(Buffer.alloc(length)),
    randomFillSync: (buffer: Uint8Array, offset = 0, size = buffer.length - offset) => {
      fill(buffer.subarray(offset, offset + size));
      return buffer;
    },
    randomInt: (first: number, second?: number) => {
      const [min, max] = second === undefined ? [0, first] : [first, second];
      return min + Math.floor(entropy().fraction() * (max - min));
    },
    randomUUID,
  });
  Object.defineProperty(webcrypto, 'getRandomValues', { configurable: true, value: fill });
  Object.defineProperty(webcrypto, 'randomUUID', { configurable: true, value: randomUUID });
  syncBuiltinESMExports();
}
