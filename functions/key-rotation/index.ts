import { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { parseEvent } from '../../lib/events/envelope.ts';
import { readRefusedRequest } from '../../lib/events/refused-request.ts';
import type { RotationOutcome, RotationRefusal } from '../../lib/key-rotation/context.ts';
import { refuseMalformed } from '../../lib/key-rotation/refuse-malformed.ts';
import { handleRotationEvent } from '../../lib/key-rotation/rotate.ts';
import { inCourse } from '../course.ts';
import { sendDeadLetter } from '../dead-letter.ts';
import { KEY_DOMAIN_DIMENSION, METRIC } from '../metric-names.ts';
import { countsByKeyDomain, createMetrics } from '../metrics.ts';
import { traceHeaderOfInvocation } from '../tracing/invocation.ts';
import { createCommandSources, createContext, createDeadLetters } from './container.ts';

const logger = new Logger();
const metrics = createMetrics(process.env);
const byKeyDomain = countsByKeyDomain(process.env);
const context = createContext(process.env);
const sources = createCommandSources(process.env);
const deadLetters = createDeadLetters(process.env);

/** A request that another rotation refuses may succeed later, and late activations are usual. */
const NO_DEAD_LETTER: readonly RotationRefusal[] = [
  'rotation-under-way',
  'not-prepared',
  'foreign-key-group',
];

/**
 * Key rotation behind a rule of the bus. Throws what fails: Lambda tries again, and at last keeps the event
 * as a dead letter. A request that can't succeed is refused by an event, and is a dead letter immediately.
 */
export const handler = (event: unknown): Promise<void> =>
  inCourse(() => take(event), traceHeaderOfInvocation(process.env));

async function take(event: unknown): Promise<void> {
  const text = JSON.stringify(event);
  const { detailType, eventId, correlationId, keyDomainId } = readRefusedRequest(text);
  const outcome = await handle(text);
  if (outcome.result === 'refused' && !NO_DEAD_LETTER.includes(outcome.reason))
    await sendDeadLetter(deadLetters.sqs, deadLetters.queueUrl, text, { ...outcome, eventId });
  logger.info('rotation', { detailType, eventId, correlationId, ...outcome });
  const single = metrics.singleMetric();
  single.addDimension('result', outcome.result);
  single.addMetric(METRIC.rotations, MetricUnit.Count, 1);
  if (byKeyDomain && keyDomainId !== undefined) {
    const ofDomain = metrics.singleMetric();
    ofDomain.addDimensions({ result: outcome.result, [KEY_DOMAIN_DIMENSION]: keyDomainId.toLowerCase() });
    ofDomain.addMetric(METRIC.rotations, MetricUnit.Count, 1);
  }
  if (outcome.result === 'refused' && outcome.reason === 'rotation-under-way')
    metrics.singleMetric().addMetric(METRIC.rotationsMissed, MetricUnit.Count, 1);
}

async function handle(text: string): Promise<RotationOutcome> {
  try {
    return await handleRotationEvent(context, parseEvent(text, sources));
  } catch (error) {
    return refuseMalformed(context, text, error);
  }
}
