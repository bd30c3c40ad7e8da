import { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { followMbsSession, type MbsSession } from '../../lib/mbs/feed.ts';
import { METRIC } from '../metric-names.ts';
import { createMetrics } from '../metrics.ts';
import { createParts, type MbsFeedParts } from './container.ts';

const logger = new Logger();
const metrics = createMetrics(process.env);
let parts: Promise<MbsFeedParts> | undefined;

/** Results that leave an MB-SMF, or whoever listens, without the MSKs that there are. */
const BEHIND: readonly string[] = ['refused', 'unavailable', 'waiting', 'failed'];

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
  let behind = 0;
  for (const session of sessions) {
    const result = await followMbsSession(context, session).catch((error: unknown) => failed(session, error));
    if (BEHIND.includes(result)) behind += 1;
    if (result === 'current' || result === 'busy') continue;
    logger.info('mbs session', { session: session.name, result });
    const single = metrics.singleMetric();
    single.addDimension('result', result);
    single.addMetric(METRIC.mbsSessions, MetricUnit.Count, 1);
  }
  metrics.addMetric(METRIC.mbsSessionsBehind, MetricUnit.Count, behind);
  metrics.publishStoredMetrics();
}

function failed({ name }: MbsSession, error: unknown): 'failed' {
  logger.error('mbs session', {
    session: name,
    error: error instanceof Error ? error : new Error(String(error)),
  });
  return 'failed';
}
