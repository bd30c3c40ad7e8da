import { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { exportKeys, type KeyExportAnswer } from '../../lib/key-export/export-keys.ts';
import { METRIC } from '../metric-names.ts';
import { createMetrics } from '../metrics.ts';
import { createContext } from './container.ts';

const logger = new Logger();
const metrics = createMetrics(process.env);
const context = createContext(process.env);

/**
 * The export of keys for systems that may invoke this function. The answer has keys in their wrapping alone,
 * and the log has none of it.
 */
export async function handler(
  asked: unknown,
  { awsRequestId }: { readonly awsRequestId: string },
): Promise<KeyExportAnswer> {
  const answer = await exportKeys(context, asked, awsRequestId);
  const { result } = answer;
  const told =
    answer.result === 'refused'
      ? { reason: answer.reason }
      : {
          recipient: answer.recipient,
          keyDomainId: answer.keyDomainId,
          mskIds: answer.mskIds,
          mtkIds: answer.mtkIds,
        };
  logger.info('key export', { correlationId: awsRequestId, result, ...told });
  const single = metrics.singleMetric();
  single.addDimension('result', result);
  single.addMetric(METRIC.keyExports, MetricUnit.Count, 1);
  return answer;
}
