import type { Template } from 'aws-cdk-lib/assertions';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { describe, expect, test } from 'vitest';
import { METRICS_VARIABLE } from '../../functions/environment-variables.ts';
import { ownBmsc, ownStack } from './own-stack.ts';
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

  test('are counted for each Key Domain where the setting says so, and the construct names that of one', () => {
    const variable = METRICS_VARIABLE.byKeyDomain;
    const withSetting = (keyDomainMetrics: boolean) => {
      const { service } = synthesize({ operations: { keyDomainMetrics } });
      return JSON.stringify(service.toJSON()).split(variable).length - 1;
    };
    // The Key Request function, the sender and the rotation.
    expect([withSetting(false), withSetting(true)]).toEqual([0, 3]);

    const bmsc = ownBmsc(ownStack(), 'Bmsc');
    const dimensionsOf = (metric: Metric) => metric.dimensions;
    expect(dimensionsOf(bmsc.metricMsksDelivered({ keyDomainId: '001-01' }))).toMatchObject({
      service: 'key-distribution',
      keyDomain: '00f110',
    });
    expect(dimensionsOf(bmsc.metricMsksGranted('00f110'))).toMatchObject({
      service: 'key-request',
      keyDomain: '00f110',
    });
    expect(dimensionsOf(bmsc.metricRotations('prepared', { keyDomainId: '001-01' }))).toMatchObject({
      service: 'key-rotation',
      result: 'prepared',
      keyDomain: '00f110',
    });
    expect(dimensionsOf(bmsc.metricMessagesFailed())).not.toHaveProperty('keyDomain');
    expect(() => bmsc.metricMsksUnverified({ keyDomainId: 'home' })).toThrow('Key Domain ID');
  });
});
