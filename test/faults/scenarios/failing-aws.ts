import { SENDER_VARIABLE } from '../../../functions/environment-variables.ts';
import { atLeast, figuresOf } from '../audit.ts';
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

/** Faults of each service that must have been injected into a push, however few its UEs. */
const INJECTED = { throttled: 2, failed: 1, unprocessed: 1, messageTwice: 1, eventTwice: 2, eventLate: 2 };

/** UEs of a page by default. */
const DEFAULT_PAGE_UES = 4000;

/** Pages of a push of few UEs, so that there are calls to fail. */
const MIN_PAGES = 10;

/** AWS at its worst: everything that its services say may happen. */
export const failingAws: Scenario = {
  name: 'failing-aws',
  about:
    'DynamoDB throttled and failing, SQS delivering twice, EventBridge delivering twice and out of order',
  run: async (harness) => {
    const environment = {
      [SENDER_VARIABLE.pageUes]: String(Math.min(DEFAULT_PAGE_UES, Math.ceil(harness.ues.count / MIN_PAGES))),
    };
    await Promise.all([harness.startSender({ environment }), harness.startSender({ environment })]);
    harness.aws.setFaults(FAULTS);
    const push = await harness.push(await harness.newMsk());
    const seconds = await awaitCompletion(harness, 'failing-aws', push);
    return {
      checks: [
        ...(await auditAll(harness, push)),
        ...Object.entries(INJECTED).map(([fault, least]) =>
          atLeast(least, `of the fault ${fault} injected`, harness.aws.injected.get(fault) ?? 0),
        ),
      ],
      figures: { seconds, ...figuresOf(harness, push), ...Object.fromEntries(harness.aws.injected) },
    };
  },
};
