import { environmentOf, POWERTOOLS_VARIABLE } from '../../functions/environment-variables.ts';
import { METRICS_NAMESPACE, METRICS_SERVICE } from '../../functions/metrics.ts';

/**
 * The environment by which a function's logs and metrics bear the name that dashboard and alarms look for.
 */
export function powertoolsEnvironment(service: keyof typeof METRICS_SERVICE): Record<string, string> {
  return environmentOf(POWERTOOLS_VARIABLE, {
    serviceName: METRICS_SERVICE[service],
    metricsNamespace: METRICS_NAMESPACE,
    logLevel: 'INFO',
  });
}
