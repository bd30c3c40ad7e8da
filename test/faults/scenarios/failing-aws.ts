import { figuresOf } from '../audit.ts';
import { auditAll } from '../ledger.ts';
import { awaitCompletion, type Scenario } from '../scenario.ts';

const FAULTS = {
  throttled: 0.1,
  failed: 0.05,
  answerLost: 0.03,
  unprocessed: 0.1,
  messageTwice: 0.2,
  deleteLost: 0.05,
  eventTwice: 0.3,
  eventLate: 0.3,
  lateMs: 2000,
};

/** AWS at its worst: everything that its services say may happen. */
export const failingAws: Scenario = {
  name: 'failing-aws',
  about:
    'DynamoDB throttled and failing, SQS delivering twice, EventBridge delivering twice and out of order',
  run: async (harness) => {
    await Promise.all([harness.startSender(), harness.startSender()]);
    harness.aws.setFaults(FAULTS);
    const push = await harness.push(await harness.newMsk());
    const seconds = await awaitCompletion(harness, 'failing-aws', push);
    return {
      checks: await auditAll(harness, push),
      figures: { seconds, ...figuresOf(harness, push), ...Object.fromEntries(harness.aws.injected) },
    };
  },
};
