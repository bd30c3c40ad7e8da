import { atLeast, type Check, figuresOf } from '../audit.ts';
import type { Harness } from '../harness.ts';
import { auditAll } from '../ledger.ts';
import { awaitCompletion, type Scenario } from '../scenario.ts';

const FAULTS = { loss: 0.2, repetition: 0.2, reordering: 0.2, lateMs: 500 };

/** Every hundredth UE is out of reach. */
const isOut = (index: number) => index % 100 === 7;

/**
 * The part of the UEs within reach that must be verified: of a hundred, some two answer none of four
 * messages.
 */
const VERIFIED = 0.9;

/** The part of the datagrams of each way that each fault must have happened to. */
const INJECTED = 0.05;

/** A network that loses, repeats and reorders a fifth of all datagrams each way. */
export const lossyNetwork: Scenario = {
  name: 'lossy-network',
  about: '20 % loss, repetition and reordering both ways; 1 % of UEs out of reach',
  run: async (harness) => {
    harness.relay.setFaults(FAULTS);
    harness.ues.putOutOfReach(isOut);
    await Promise.all([harness.startSender(), harness.startSender()]);
    const push = await harness.push(await harness.newMsk());
    const seconds = await awaitCompletion(harness, 'lossy-network', push);
    const { relay } = harness;
    return {
      checks: [
        ...(await auditAll(harness, push, (index) => (isOut(index) ? 'undelivered' : 'either'))),
        ...boundsOf(harness, push.outcomes.delivered.size),
      ],
      figures: {
        seconds,
        verified: push.outcomes.delivered.size,
        undelivered: push.outcomes.failed.size,
        ...figuresOf(harness, push),
        sentToUes: relay.toUes.taken,
        lostToUes: relay.toUes.lost,
        sentToSenders: relay.toSenders.taken,
        lostToSenders: relay.toSenders.lost,
      },
    };
  },
};

function boundsOf({ ues, relay }: Harness, verified: number): Check[] {
  const reachable = Array.from({ length: ues.count }, (_, index) => index).filter((index) => !isOut(index));
  const { toUes, toSenders } = relay;
  const mayArrive = toUes.taken + toUes.repeated - toUes.lost;
  return [
    atLeast(VERIFIED * reachable.length, 'UEs verified', verified),
    ...Object.entries({ toUes, toSenders }).flatMap(([way, { taken, lost, repeated, reordered }]) => [
      atLeast(ues.count / 2, `datagrams taken ${way}`, taken),
      atLeast(INJECTED * taken, `lost ${way}`, lost),
      atLeast(INJECTED * taken, `repeated ${way}`, repeated),
      atLeast(INJECTED * taken, `reordered ${way}`, reordered),
    ]),
    {
      what: 'a lost datagram does not arrive',
      ok: ues.received <= mayArrive,
      found: `${ues.received} arrived, ${mayArrive} were forwarded`,
    },
  ];
}
