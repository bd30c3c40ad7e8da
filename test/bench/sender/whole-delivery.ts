import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SENDER_NODE_OPTIONS, SENDER_VARIABLE } from '../../../functions/environment-variables.ts';
import { figuresOf } from '../../faults/audit.ts';
import { createForgerForSilentUes } from '../../faults/forger.ts';
import { type Harness, startHarness } from '../../faults/harness.ts';
import { auditAll } from '../../faults/ledger.ts';
import { awaitCompletion, pause } from '../../faults/scenario.ts';
import type { SenderProcess } from '../../faults/senders.ts';
import { seededRandom } from '../../seeded-random.ts';
import { median } from './compare.ts';
import { makeInputs, writeInputs } from './inputs.ts';
import { compileLimit, startLimit } from './processes.ts';
import { type Profile, profileOf } from './profile.ts';

/** What one verified UE costs a sender, all included, against the C program's `deliver`. */
export interface WholeDelivery {
  /** CPU of the sender process for one verified UE, from the work unit to the settled ledger. */
  readonly microseconds: number;
  /** Ratio of speed to the C program with keys in memory; 1 is as fast. */
  readonly ofC: number;
  readonly verifiedPerCpuSecond: number;
  /** The same in the first push of a process, which compiles. */
  readonly firstPushMicroseconds: number;
  readonly cMicroseconds: number;
  /** UEs of each push. */
  readonly ues: number;
  /** Rounds, each with a sender process of its own. */
  readonly rounds: number;
  /** Forged answers that came, of all rounds; none of them counted. */
  readonly forged: number;
  /** UEs that took a second message, of all rounds. */
  readonly repeated: number;
  /** Another checkout's sender in the same rounds. */
  readonly other?: {
    readonly microseconds: number;
    readonly firstPushMicroseconds: number;
    readonly profile: Profile;
  };
  /** Of one more push, which is not timed. */
  readonly profile: Profile;
}

/** How it is measured. */
export interface WholeDeliveryOptions {
  readonly ues: number;
  readonly rounds: number;
  readonly progress: (what: string) => void;
  /** The entry point of another checkout's sender, which takes turns with ours. */
  readonly otherMain?: string;
}

/** One UE of this number never answers, and forged answers come in its place, as in the C program. */
const SILENT_EVERY = 256;
/** An answer with another MAC comes before the true one of one UE of this number. */
const FORGED_EVERY = 16;
const MAC_LENGTH = 20;
const BATCH = 256;
const C_BATCHES = 256;
const SEED = 2026;
/** Messages a second: less than the 5000 that are deployed, so that the UEs of one process keep up. */
export const PER_SECOND = 4000;
/** One less than deployed, so that nobody waits for UEs that never answer. */
const TRIES = '3';
/** As deployed: with a shorter one, a sender extends its claims more often. */
const VISIBILITY_TIMEOUT_S = 120;
/** As deployed, but for the tries. */
const ENVIRONMENT = {
  [SENDER_VARIABLE.workers]: '1',
  [SENDER_VARIABLE.retransmissionTries]: TRIES,
  NODE_OPTIONS: SENDER_NODE_OPTIONS,
};
/** Senders of earlier releases take no larger pages. */
const OTHER_ENVIRONMENT = { ...ENVIRONMENT, [SENDER_VARIABLE.pageUes]: '2000' };
const environmentFor = (main: string | undefined) => (main === undefined ? ENVIRONMENT : OTHER_ENVIRONMENT);

/** What a push leaves to do in the background ends in this time, in ms. */
const SETTLE_MS = 1000;
/** Loaded into the sender that is profiled. */
const PROFILED = join(import.meta.dirname, 'profiled.ts');

const isSilent = (index: number) => index % SILENT_EVERY === 7;

/** Timings of a sender's rounds, in µs of CPU for each verified UE. */
class Timings {
  readonly first: number[] = [];
  readonly later: number[] = [];

  get medians() {
    return { microseconds: median(this.later), firstPushMicroseconds: median(this.first) };
  }
}

/**
 * Pushes by the sender's own process, its entry point and the SDK as deployed, over the local table, queue
 * and bus, to UEs that check and answer. Each round starts a process: its first push compiles, its second
 * one counts.
 * @throws Error when an outcome is other than it must be: in the ledger, on the bus, or at a UE
 */
export async function measureWholeDelivery(options: WholeDeliveryOptions): Promise<WholeDelivery> {
  const { ues, rounds, progress, otherMain } = options;
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-bench-'));
  const { recipients, expected } = makeInputs();
  writeInputs(join(folder, 'inputs'), recipients, expected);
  const c = await startLimit(compileLimit(folder), join(folder, 'inputs'));
  const harness = await startHarness({
    ues,
    seed: SEED,
    visibilityTimeoutS: VISIBILITY_TIMEOUT_S,
    progress: () => {},
  });
  try {
    const pushes = new Pushes(harness);
    const ours = new Timings();
    const other = new Timings();
    const cNs: number[] = [];
    const timeC = async () => (await c.time('deliver', BATCH, C_BATCHES, 'fastest')).nsPerMessage;
    await timeC();
    for (let round = 0; round < rounds; round++) {
      progress(`whole delivery: round ${round + 1} of ${rounds}`);
      if (otherMain !== undefined) await pushes.round(other, otherMain);
      await pushes.round(ours);
      cNs.push(await timeC());
    }
    progress('whole delivery: profile');
    const profile = await pushes.profile(join(folder, 'ours.cpuprofile'));
    const profileOfOther = async () => pushes.profile(join(folder, 'other.cpuprofile'), otherMain);
    const { microseconds, firstPushMicroseconds } = ours.medians;
    return {
      microseconds,
      ofC: median(ours.later.map((us, round) => (cNs[round] ?? Number.NaN) / 1000 / us)),
      verifiedPerCpuSecond: Math.round(1e6 / microseconds),
      firstPushMicroseconds,
      cMicroseconds: median(cNs) / 1000,
      ues,
      rounds,
      forged: pushes.forged,
      repeated: pushes.repeated,
      profile,
      ...(otherMain === undefined ? {} : { other: { ...other.medians, profile: await profileOfOther() } }),
    };
  } finally {
    await harness.close();
    c.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Pushes whose every outcome is checked. */
class Pushes {
  forged = 0;
  repeated = 0;
  readonly #harness: Harness;
  readonly #random = seededRandom(SEED);

  constructor(harness: Harness) {
    this.#harness = harness;
  }

  /** A sender process of its own, and two pushes. */
  async round(timings: Timings, main?: string): Promise<void> {
    await this.#harness.reset();
    this.#harness.ues.putOutOfReach(isSilent);
    this.#forge();
    const sender = await this.#harness.startSender({ environment: environmentFor(main), main });
    timings.first.push(await this.#push(sender));
    timings.later.push(await this.#push(sender));
  }

  /** A round of its own, of which the second push is profiled; it is not timed. */
  async profile(file: string, main?: string): Promise<Profile> {
    await this.#harness.reset();
    this.#harness.ues.putOutOfReach(isSilent);
    this.#forge();
    const environment = { ...environmentFor(main), BENCH_CPU_PROFILE: file };
    const sender = await this.#harness.startSender({ environment, main, preload: PROFILED });
    await this.#push(sender);
    process.kill(sender.pid, 'SIGUSR2');
    await this.#push(sender);
    process.kill(sender.pid, 'SIGUSR2');
    while (!existsSync(file)) await pause(SETTLE_MS);
    await pause(SETTLE_MS);
    return profileOf(file);
  }

  /** @returns CPU of the sender for each verified UE, in µs */
  async #push(sender: SenderProcess): Promise<number> {
    const harness = this.#harness;
    harness.ues.forget();
    const mskId = await harness.newMsk();
    await pause(SETTLE_MS);
    const before = cpuSecondsOf(sender);
    const push = await harness.push(mskId, PER_SECOND);
    await awaitCompletion(harness, 'whole delivery', push);
    const seconds = cpuSecondsOf(sender) - before;
    const checks = await auditAll(harness, push, (index) => (isSilent(index) ? 'undelivered' : 'verified'));
    for (const { what, ok, found } of checks) if (!ok) throw new Error(`whole delivery: ${what}: ${found}`);
    this.repeated += figuresOf(harness, push).repeated;
    return (seconds * 1e6) / push.outcomes.delivered.size;
  }

  #forge(): void {
    const { relay, ues } = this.#harness;
    const forger = createForgerForSilentUes(this.#random, (datagram) => ues.isForUeOutOfReach(datagram));
    relay.tapToUes((datagram, send) =>
      forger.tap(datagram, (forged) => {
        this.forged++;
        send(forged);
      }),
    );
    let answers = 0;
    relay.tap((answer, send, when) => {
      if (when === 'after' || ++answers % FORGED_EVERY !== 0) return;
      const forged = Uint8Array.from(answer);
      forged.set(this.#random.octets(MAC_LENGTH), forged.length - MAC_LENGTH);
      this.forged++;
      send(forged);
    });
  }
}

/** @throws Error where the system has no /proc */
function cpuSecondsOf(sender: SenderProcess): number {
  const seconds = sender.cpuSeconds();
  if (seconds === undefined) throw new Error('the whole delivery is measured by /proc, which Linux has');
  return seconds;
}
