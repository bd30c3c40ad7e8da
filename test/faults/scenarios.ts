import type { Scenario } from './scenario.ts';
import { changingUes } from './scenarios/changing-ues.ts';
import { clockSkew } from './scenarios/clock-skew.ts';
import { killedSenders, killedSendersSilentUes, stoppedSenders } from './scenarios/ended-senders.ts';
import { failingAws } from './scenarios/failing-aws.ts';
import { forgedAnswers } from './scenarios/forged-answers.ts';
import { greedyUe } from './scenarios/greedy-ue.ts';
import { killedWorkers } from './scenarios/killed-workers.ts';
import { lossyNetwork } from './scenarios/lossy-network.ts';
import { replayedRequests } from './scenarios/replayed-requests.ts';
import { severalSenders } from './scenarios/several-senders.ts';

/** All scenarios, in the order in which they run. The last one changes registrations. */
export const SCENARIOS: readonly Scenario[] = [
  severalSenders(1),
  severalSenders(2),
  severalSenders(4),
  lossyNetwork,
  killedSenders,
  killedSendersSilentUes,
  stoppedSenders,
  killedWorkers,
  failingAws,
  forgedAnswers,
  clockSkew,
  replayedRequests,
  greedyUe,
  changingUes,
];
