import { figuresOf } from '../audit.ts';
import { auditAll } from '../ledger.ts';
import { awaitCompletion, type Scenario } from '../scenario.ts';

const FAULTS = { loss: 0.2, repetition: 0.2, reordering: 0.2, lateMs: 500 };

/** Every hundredth UE is out of reach. */
const isOut = (index: number) => index % 100 === 7;

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
      checks: await auditAll(harness, push, (index) => (isOut(index) ? 'undelivered' : 'either')),
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
