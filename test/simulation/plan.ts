import { type SeededRandom, seededRandom } from '../seeded-random.ts';
import { DRILLS } from './calm/drills.ts';
import { drawFaults, type FaultRates, NO_FAULTS } from './faults.ts';

/** What an operator does, and when, in ms. */
export interface OperatorAct {
  readonly at: number;
  readonly kind: (typeof OPERATOR_ACTS)[number];
  /** Which UE, push or service, of those that there are. */
  readonly which: number;
}

/** What a UE does. */
export interface UeAct {
  readonly at: number;
  readonly kind: (typeof UE_ACTS)[number];
  readonly ue: number;
}

/** All that is drawn of a run before it begins. */
export interface Plan {
  readonly seed: number;
  readonly ues: number;
  readonly senders: number;
  /** UEs of a page. */
  readonly pageUes: number;
  /** How long faults and acts go on, in ms. */
  readonly lastsMs: number;
  readonly faults: FaultRates;
  readonly operatorActs: readonly OperatorAct[];
  readonly ueActs: readonly UeAct[];
  /** Drills after faults have stopped. */
  readonly drills: readonly string[];
  /** Afterwards nothing runs for so many days, and TTL deletes what is due; 0: this is left out. */
  readonly restsDays: number;
}

/** How a plan is cut down, to find what a failure needs. */
export interface Cuts {
  readonly ues?: number | undefined;
  readonly withoutFaults?: readonly string[];
  /** Numbers of acts that are left out: those of operators, then those of UEs. */
  readonly withoutActs?: readonly number[];
  readonly withoutDrills?: readonly string[];
  /** The days of rest are left out, too. */
  readonly isWithoutRest?: boolean;
}

const OPERATOR_ACTS = [
  'push-holders',
  'push-holders',
  'push-holders',
  'push-service',
  'push-slowly',
  'push-listed',
  'push-listed',
  'push-undelivered',
  'solicit',
  'cancel',
  'rotate',
  'revoke',
  'block',
  'unblock',
] as const;
const UE_ACTS = [
  'leave',
  'come-back',
  'request',
  'bootstrap',
  'move',
  'sleep',
  'wake',
  'forge',
  'answer-again',
  'provision-again',
] as const;

/** What comes in a burst, where pushes are many: the most of them are for all UEs. */
const PUSHES = [
  'push-holders',
  'push-holders',
  'push-holders',
  'push-holders',
  'push-holders',
  'push-service',
  'push-listed',
  'push-undelivered',
] as const satisfies readonly (typeof OPERATOR_ACTS)[number][];

const MAX_UES = 60;
const MAX_PAGE_UES = 20;
const DRILLS_EACH = 4;
/**
 * The share of runs with many pushes more, from the fewest up: half of them have at most 1.7 times as many,
 * and few have the most.
 */
const DENSE = 0.5;
const [DENSE_FEWEST, DENSE_MOST] = [60, 500];
const TAIL = 0.8;
/** UEs of such a run, at least. */
const DENSE_UES = 40;
/** The longest time between two bursts of pushes, and between the pushes of one, in ms; and their number. */
const BURSTS_APART_MS = 20_000;
const PUSHES_APART_MS = 1500;
const MAX_BURST = 12;
/** The share of runs that rest. */
const RESTS = 0.15;

/** Draws a run from its seed. */
export function drawPlan(seed: number, cuts: Cuts = {}): Plan {
  const { ues, withoutFaults = [], withoutActs = [], withoutDrills = [], isWithoutRest = false } = cuts;
  const random = seededRandom(seed ^ 0x5eed);
  const morePushes = drawBursts(random);
  const fewest = morePushes.length > 0 ? DENSE_UES : 10;
  const drawnUes = fewest + random.whole(10 + MAX_UES - fewest);
  const senders = 1 + random.whole(4);
  const lastsMs = Math.max(30_000 + random.whole(240_000), (morePushes.at(-1)?.at ?? 0) + 5000);
  const faults = drawFaults(random);
  const time = () => random.whole(lastsMs);
  const pick = <T>(from: readonly T[], first: T): T => from[random.whole(from.length)] ?? first;
  const operatorActs = Array.from({ length: 5 + random.whole(25) }, () => ({
    at: time(),
    kind: pick(OPERATOR_ACTS, 'push-holders'),
    which: random.whole(1000),
  }));
  operatorActs.push(...morePushes);
  const ueActs = Array.from({ length: random.whole(30) + morePushes.length / 5 }, () => ({
    at: time(),
    kind: pick(UE_ACTS, 'request'),
    ue: random.whole(1000),
  }));
  const drills = Array.from({ length: DRILLS_EACH }, () => pick(Object.keys(DRILLS), 'answer-lost'));
  const restsDays = random.happens(RESTS) ? 1 + random.whole(120) : 0;
  const pageUes = 5 + random.whole(MAX_PAGE_UES - 4);
  const isKept = (number: number) => !withoutActs.includes(number);
  const without = Object.fromEntries(withoutFaults.map((name) => [name, 0]));
  return {
    seed,
    ues: Math.min(drawnUes, ues ?? drawnUes),
    senders,
    pageUes,
    lastsMs,
    faults: { ...NO_FAULTS, ...faults, ...without },
    operatorActs: operatorActs.filter((_, index) => isKept(index)),
    ueActs: ueActs.filter((_, index) => isKept(operatorActs.length + index)),
    drills: [...new Set(drills)].filter((name) => !withoutDrills.includes(name)),
    restsDays: isWithoutRest ? 0 : restsDays,
  };
}

/** Pushes back to back, in bursts; none in most runs. */
function drawBursts(random: SeededRandom): OperatorAct[] {
  if (!random.happens(DENSE)) return [];
  const count = Math.min(DENSE_MOST, DENSE_FEWEST / (1 - random.next()) ** TAIL);
  const pushes: OperatorAct[] = [];
  for (let at = random.whole(BURSTS_APART_MS); pushes.length < count; at += random.whole(BURSTS_APART_MS)) {
    const [burst, apart] = [1 + random.whole(MAX_BURST), random.whole(PUSHES_APART_MS)];
    for (let push = 0; push < burst; push++, at += random.whole(1 + apart)) {
      const kind = PUSHES[random.whole(PUSHES.length)] ?? 'push-holders';
      pushes.push({ at, kind, which: random.whole(1000) });
    }
  }
  return pushes;
}

/** How many acts the plan of a seed has before it is cut. */
export function countActs(seed: number): number {
  const { operatorActs, ueActs } = drawPlan(seed);
  return operatorActs.length + ueActs.length;
}
