import { Metrics } from '@aws-lambda-powertools/metrics';
import { METRICS_VARIABLE } from './environment-variables.ts';

/**
 * The metrics of a function, whose every metric has the dimension `deployment` where `env` names one.
 * Dashboard and alarms look for the same dimension.
 */
export function createMetrics(env: NodeJS.ProcessEnv): Metrics {
  const deployment = env[METRICS_VARIABLE.deployment];
  return new Metrics(deployment === undefined ? {} : { defaultDimensions: { deployment } });
}

/** Whether MSKs are counted for each Key Domain, too: each is then a series more of each metric. */
export function countsByKeyDomain(env: NodeJS.ProcessEnv): boolean {
  return env[METRICS_VARIABLE.byKeyDomain] === 'true';
}
