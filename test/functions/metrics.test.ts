import { MetricUnit } from '@aws-lambda-powertools/metrics';
import { expect, test } from 'vitest';
import { METRICS_VARIABLE } from '../../functions/environment-variables.ts';
import { METRIC } from '../../functions/metric-names.ts';
import { createMetrics } from '../../functions/metrics.ts';

test.each([{ deployment: 'BmscService' }, {}])(
  'metrics, single ones too, have the dimensions %j',
  (named) => {
    const env = 'deployment' in named ? { [METRICS_VARIABLE.deployment]: named.deployment } : {};
    const metrics = createMetrics(env);
    const single = metrics.singleMetric();
    single.addDimension('result', 'granted');
    metrics.addMetric(METRIC.messagesSent, MetricUnit.Count, 1);
    expect(metrics.serializeMetrics()).toMatchObject(named);
    for (const { _aws, ...dimensions } of [metrics, single].map((each) => each.serializeMetrics())) {
      const [names = []] = _aws.CloudWatchMetrics[0]?.Dimensions ?? [];
      expect(names.includes('deployment')).toBe('deployment' in named);
      expect(dimensions).toMatchObject(named);
    }
  },
);
