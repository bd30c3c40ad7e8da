import { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { endMbsSession } from '../../lib/mbs/end-session.ts';
import { followMbsSession, type MbsSession } from '../../lib/mbs/feed.ts';
import { followMbsStatus } from '../../lib/mbs/status.ts';
import { METRIC } from '../metric-names.ts';
import { createMetrics } from '../metrics.ts';
import { createParts, type MbsFeedParts } from './container.ts';

const logger = new Logger();
const metrics = createMetrics(process.env);
let parts: Promise<MbsFeedParts> | undefined;

/** Results that leave an MB-SMF, or whoever listens, without the MSKs that there are. */
const BEHIND: readonly string[] = ['refused', 'unavailable', 'waiting', 'released', 'failed'];
/** Results that are no news. */
const IDLE: readonly string[] = ['current', 'busy', 'waiting', 'released'];

/**
 * Hands the MSKs of MBS sessions over, when a fact of the bus or a schedule calls. It looks at all sessions
 * either way: what a call before could not do is made up for. One session that fails is no other's harm.
 */
export async function handler(): Promise<void> {
  parts ??= createParts(process.env);
  // A secret that can't be read now may be read by the next call.
  parts.catch(() => {
    parts = undefined;
  });
  const { context, sessions } = await parts;
  const behind = { sessions: 0, subscriptions: 0 };
  for (const session of sessions) {
    const follow = session.isEnded === true ? endMbsSession : followMbsSession;
    const result = await follow(context, session).catch((error: unknown) => failed(session, error));
    report(METRIC.mbsSessions, session, result);
    const status = await followMbsStatus(context, session).catch((error: unknown) => failed(session, error));
    report(METRIC.mbsSubscriptions, session, status);
    if (BEHIND.includes(result)) behind.sessions += 1;
    if (BEHIND.includes(status)) behind.subscriptions += 1;
  }
  metrics.addMetric(METRIC.mbsSessionsBehind, MetricUnit.Count, behind.sessions);
  if (context.status !== undefined)
    metrics.addMetric(METRIC.mbsSubscriptionsBehind, MetricUnit.Count, behind.subscriptions);
  metrics.publishStoredMetrics();
}

/** Logs and counts what is news. */
function report(
  metric: typeof METRIC.mbsSessions | typeof METRIC.mbsSubscriptions,
  { name: session }: MbsSession,
  result: string,
): void {
  if (IDLE.includes(result)) return;
  const what = metric === METRIC.mbsSessions ? 'mbs session' : 'mbs subscription';
  logger.info(what, { session, result });
  const single = metrics.singleMetric();
  single.addDimension('result', result);
  single.addMetric(metric, MetricUnit.Count, 1);
}

function failed({ name }: MbsSession, error: unknown): 'failed' {
  logger.error('mbs session', {
    session: name,
    error: error instanceof Error ? error : new Error(String(error)),
  });
  return 'failed';
}
