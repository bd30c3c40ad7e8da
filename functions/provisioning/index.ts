import { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { parseEvent } from '../../lib/events/envelope.ts';
import { readRefusedRequest } from '../../lib/events/refused-request.ts';
import type { ProvisioningOutcome } from '../../lib/provisioning/context.ts';
import { handleProvisioningEvent, refuseProvisioning } from '../../lib/provisioning/provision.ts';
import { inCourse } from '../course.ts';
import { sendDeadLetter } from '../dead-letter.ts';
import { METRIC } from '../metric-names.ts';
import { createMetrics } from '../metrics.ts';
import { traceHeaderOfInvocation } from '../tracing/invocation.ts';
import { createParts } from './container.ts';

const logger = new Logger();
const metrics = createMetrics(process.env);
const { context, sources, deadLetters } = createParts(process.env);

/**
 * Provisioning behind a rule of the bus. Throws what fails: Lambda tries again, and at last keeps the event
 * as a dead letter. A request that can't succeed is refused by an event, and is a dead letter immediately.
 */
export const handler = (event: unknown): Promise<void> =>
  inCourse(() => take(event), traceHeaderOfInvocation(process.env));

async function take(event: unknown): Promise<void> {
  const text = JSON.stringify(event);
  const { detailType, eventId, correlationId } = readRefusedRequest(text);
  const outcome = await handle(text);
  if (outcome.result === 'refused')
    await sendDeadLetter(deadLetters.sqs, deadLetters.queueUrl, text, { ...outcome, eventId });
  logger.info('provisioning', { detailType, eventId, correlationId, ...outcome });
  const single = metrics.singleMetric();
  single.addDimension('result', outcome.result);
  single.addMetric(METRIC.provisioned, MetricUnit.Count, 1);
}

async function handle(text: string): Promise<ProvisioningOutcome> {
  try {
    return await handleProvisioningEvent(context, parseEvent(text, sources));
  } catch (error) {
    return refuseProvisioning(context, text, error);
  }
}
