import type { SeededRandom } from '../seeded-random.ts';

/** A procedure of a function makes so many calls of AWS at most: it is cut off after one of them. */
export const CALLS_OF_FUNCTION = 10;

/** How often and how badly the world misbehaves: probabilities, and times in ms. */
export interface FaultRates {
  /** Calls of AWS. */
  readonly throttled: number;
  readonly notReached: number;
  /** Done, but the answer is lost. */
  readonly notAnswered: number;
  readonly slow: number;
  readonly slowMs: number;
  /** A minute: a service of AWS answers nothing for a while, or throttles everything. */
  readonly outages: number;
  readonly outageMs: number;
  readonly unprocessed: number;
  readonly smallAnswers: number;
  readonly staleReads: number;
  readonly staleMs: number;
  /** Entries of a batch that SQS or the bus refuses. */
  readonly partRefused: number;
  /** A message of the queue or an event comes twice, late, or is received by two. */
  readonly twice: number;
  readonly late: number;
  readonly lateMs: number;
  readonly receivedByTwo: number;
  /** A message of the queue waits for some seconds, and others overtake it. */
  readonly reordered: number;
  /** A minute: an archive replays an event. */
  readonly replays: number;
  /** EventBridge Scheduler gives an event up. */
  readonly schedulesLost: number;
  /** Datagrams. */
  readonly lost: number;
  readonly repeated: number;
  readonly corrupted: number;
  readonly delayMs: number;
  /** HTTP between UEs and the Key Request function. */
  readonly requestLost: number;
  readonly answerLost: number;
  readonly functionEnds: number;
  /** The function ends when AWS has done one of its first calls, before it hears so. */
  readonly cutOff: number;
  /** A minute: somebody sends the octets of an earlier request again, from elsewhere. */
  readonly requestReplays: number;
  /** The share of UEs whose MUK ends while the run lasts. */
  readonly shortLived: number;
  /** How wrong clocks are. */
  readonly skewMs: number;
  readonly drift: number;
  /** A minute, for each sender. */
  readonly ends: number;
  readonly pauses: number;
  readonly pauseMs: number;
  readonly clockSteps: number;
  /** A minute, for all senders. */
  readonly scalings: number;
  /** A minute, for all UEs. */
  readonly rebindings: number;
}

export const NO_FAULTS: FaultRates = {
  throttled: 0,
  notReached: 0,
  notAnswered: 0,
  slow: 0,
  slowMs: 0,
  outages: 0,
  outageMs: 0,
  unprocessed: 0,
  smallAnswers: 0,
  staleReads: 0,
  staleMs: 0,
  partRefused: 0,
  twice: 0,
  late: 0,
  lateMs: 0,
  receivedByTwo: 0,
  reordered: 0,
  replays: 0,
  schedulesLost: 0,
  lost: 0,
  repeated: 0,
  corrupted: 0,
  delayMs: 0,
  requestLost: 0,
  answerLost: 0,
  functionEnds: 0,
  cutOff: 0,
  requestReplays: 0,
  shortLived: 0,
  skewMs: 0,
  drift: 0,
  ends: 0,
  pauses: 0,
  pauseMs: 0,
  clockSteps: 0,
  scalings: 0,
  rebindings: 0,
};

/** The worst of each. */
const WORST: FaultRates = {
  throttled: 0.3,
  notReached: 0.1,
  notAnswered: 0.15,
  slow: 0.1,
  slowMs: 8000,
  outages: 1,
  outageMs: 120_000,
  unprocessed: 0.3,
  smallAnswers: 0.5,
  staleReads: 0.5,
  staleMs: 3000,
  partRefused: 0.2,
  twice: 0.3,
  late: 0.2,
  lateMs: 60_000,
  receivedByTwo: 0.1,
  reordered: 0.3,
  replays: 4,
  schedulesLost: 0.2,
  lost: 0.5,
  repeated: 0.3,
  corrupted: 0.2,
  delayMs: 3000,
  requestLost: 0.2,
  answerLost: 0.2,
  functionEnds: 0.1,
  cutOff: 0.3,
  requestReplays: 6,
  shortLived: 0.5,
  skewMs: 30_000,
  drift: 1e-4,
  ends: 2,
  pauses: 2,
  pauseMs: 200_000,
  clockSteps: 1,
  scalings: 2,
  rebindings: 4,
};

const isName = (name: string): name is keyof FaultRates => name in WORST;

/** The names of all faults. */
export const FAULTS: readonly (keyof FaultRates)[] = Object.keys(WORST).filter(isName);

/**
 * Draws which faults a run has, and how bad each is: with all of them in every run, one hides another, and
 * most code is never reached.
 */
export function drawFaults(random: SeededRandom): FaultRates {
  const share = random.next();
  const drawn = FAULTS.map((name) => {
    const isOn = random.happens(share);
    const size = random.next() ** 2;
    return [name, isOn || name.endsWith('Ms') ? WORST[name] * size : 0];
  });
  return { ...NO_FAULTS, ...Object.fromEntries(drawn) };
}
