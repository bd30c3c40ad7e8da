import { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { requestOfEvent, resultOfResponse } from '../../lib/front-door/index.ts';
import type { NotificationContext } from '../../lib/mbs/notification.ts';
import { METRIC } from '../metric-names.ts';
import { createMetrics } from '../metrics.ts';
import { answerNotification, type NotificationAnswer, problem } from './answer.ts';
import { createContext } from './container.ts';

const logger = new Logger();
const metrics = createMetrics(process.env);
let context: NotificationContext | undefined;

/** Takes what an MB-SMF says of MBS sessions, behind API Gateway. It reads no key, and can't. */
export async function handler(event: unknown): Promise<unknown> {
  const request = requestOfEvent(event);
  const { response, session, results } = await answer(request);
  logger.info('mbs notification', { session, results, status: response.status });
  for (const result of results) {
    const single = metrics.singleMetric();
    single.addDimension('result', result);
    single.addMetric(METRIC.mbsNotifications, MetricUnit.Count, 1);
  }
  return resultOfResponse(request, response);
}

/** What fails here is answered so that the MB-SMF sends it again. */
async function answer(request: ReturnType<typeof requestOfEvent>): Promise<NotificationAnswer> {
  try {
    context ??= createContext(process.env);
    return await answerNotification(context, request);
  } catch (error) {
    logger.error('mbs notification', { error: error instanceof Error ? error : new Error(String(error)) });
    const response = problem(503, 'try again', undefined, { 'retry-after': '5' });
    return { session: undefined, results: ['failed'], response };
  }
}
