import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { METRICS_VARIABLE } from '../../functions/environment-variables.ts';
import { resources, synthesize } from './templates.ts';

describe('metrics', () => {
  /** Alarms and dashboard of a deployment, as far as they look for metrics of its functions. */
  const watchedBy = (service: Template): string[] => {
    const alarms = Object.values(resources(service, 'AWS::CloudWatch::Alarm'))
      .filter(({ Properties }) => Properties.Namespace === 'BMSC')
      .map(({ Properties }) => JSON.stringify(Properties.Dimensions));
    const dashboard = JSON.stringify(resources(service, 'AWS::CloudWatch::Dashboard'));
    return [...alarms, ...(dashboard.match(/\\"BMSC\\",[^\]]*/g) ?? [])];
  };

  test('of two deployments in one account do not mix: alarms, dashboard and functions name the deployment', () => {
    for (const stackPrefix of ['Staging', 'Live']) {
      const { service } = synthesize({ stackPrefix });
      const watched = watchedBy(service);
      expect(watched.length).toBeGreaterThan(15);
      for (const dimensions of watched) {
        expect(dimensions).toContain('deployment');
        expect(dimensions).toContain(`${stackPrefix}Service`);
      }
      const functions = [
        ...Object.values(resources(service, 'AWS::Lambda::Function')),
        ...Object.values(resources(service, 'AWS::ECS::TaskDefinition')),
      ].map(({ Properties }) => JSON.stringify(Properties));
      expect(functions).toHaveLength(4);
      for (const properties of functions) {
        expect(properties).toContain(METRICS_VARIABLE.deployment);
        expect(properties).toContain(`${stackPrefix}Service"`);
      }
    }
  });
});
