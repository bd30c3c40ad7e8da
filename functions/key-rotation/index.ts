import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { parseEvent } from '../../lib/events/envelope.ts';
import { handleRotationEvent } from '../../lib/key-rotation/rotate.ts';
import { METRIC } from '../metrics.ts';
import { createContext } from './container.ts';

const logger = new Logger();
const metrics = new Metrics();
const context = createContext(process.env);

/**
 * Key rotation behind a rule of the bus. Throws what fails: Lambda tries again, and at last keeps the event
 * as a dead letter.
 */
export async function handler(event: unknown): Promise<void> {
  const incoming = parseEvent(JSON.stringify(event));
  const outcome = await handleRotationEvent(context, incoming);
  const { detailType, metadata } = incoming;
  logger.info('rotation', { detailType, eventId: metadata.eventId, ...outcome });
  const single = metrics.singleMetric();
  single.addDimension('result', outcome.result);
  single.addMetric(METRIC.rotations, MetricUnit.Count, 1);
}
