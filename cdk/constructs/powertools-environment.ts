import type { Construct } from 'constructs';
import {
  environmentOf,
  METRICS_VARIABLE,
  POWERTOOLS_VARIABLE,
  TRACING_VARIABLE,
} from '../../functions/environment-variables.ts';
import { METRICS_NAMESPACE, METRICS_SERVICE } from '../../functions/metric-names.ts';
import type { Settings } from '../settings/index.ts';
import { deploymentOf } from './deployment.ts';

/**
 * The environment by which a function's logs and metrics bear the name that dashboard and alarms look for,
 * and by which it has traces.
 */
export function powertoolsEnvironment(
  scope: Construct,
  service: keyof typeof METRICS_SERVICE,
  { keyDomainMetrics = false, traces = false }: Partial<Settings['operations']> = {},
): Record<string, string> {
  return {
    ...(traces ? { [TRACING_VARIABLE.traces]: 'true' } : {}),
    ...environmentOf(METRICS_VARIABLE, {
      deployment: deploymentOf(scope),
      byKeyDomain: keyDomainMetrics ? 'true' : undefined,
    }),
    ...environmentOf(POWERTOOLS_VARIABLE, {
      serviceName: METRICS_SERVICE[service],
      metricsNamespace: METRICS_NAMESPACE,
      logLevel: 'INFO',
    }),
  };
}
