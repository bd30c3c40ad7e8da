import { Match } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { resources, synthesize } from './templates.ts';

test('unless it is set, the number of sender tasks is fixed', () => {
  const { service } = synthesize({ sender: { desiredCount: 3 } });
  service.resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 0);
  service.hasResourceProperties('AWS::ECS::Service', { DesiredCount: 3 });
});

test('with scaling, tasks come by the backlog of each and go when no work is left, to none if so set', () => {
  const { service } = synthesize({ sender: { scaling: { minCount: 0, maxCount: 20, unitsPerTask: 5 } } });
  service.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
    MinCapacity: 0,
    MaxCapacity: 20,
    ScalableDimension: 'ecs:service:DesiredCount',
  });
  // A deployment does not set the number of tasks back.
  service.hasResourceProperties('AWS::ECS::Service', { DesiredCount: Match.absent() });
  const alarms = Object.values(resources(service, 'AWS::CloudWatch::Alarm')).map(
    ({ Properties }) =>
      Properties as { Metrics?: { Expression?: string }[]; Threshold: number; EvaluationPeriods: number },
  );
  const withExpression = (text: string) =>
    alarms.filter(({ Metrics = [] }) => Metrics.some(({ Expression = '' }) => Expression.includes(text)));
  expect(withExpression('/ tasks')).toMatchObject([{ Threshold: 5 }]);
  // Without any task there is no quotient: one unit is enough then.
  expect(withExpression('/ tasks')[0]?.Metrics?.[0]?.Expression).toContain('5 * (waiting + delayed)');
  expect(withExpression('waiting + delayed + atWork')).toMatchObject([
    { Threshold: 0, EvaluationPeriods: 10 },
  ]);
  service.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
    StepScalingPolicyConfiguration: {
      AdjustmentType: 'ChangeInCapacity',
      StepAdjustments: [
        { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 15, ScalingAdjustment: 1 },
        { MetricIntervalLowerBound: 15, ScalingAdjustment: 4 },
      ],
    },
  });
  service.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
    StepScalingPolicyConfiguration: {
      StepAdjustments: [{ MetricIntervalUpperBound: 0, ScalingAdjustment: -20 }],
    },
  });
});

test('the sender may write the ledger, and of other items only the use of an expired MUK', () => {
  const { service } = synthesize();
  service.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Action: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
          Condition: {
            'ForAllValues:StringLike': {
              'dynamodb:LeadingKeys': [
                'PUSH#*',
                'PUSHES#*',
                'PUSH-CHAIN#*',
                'ANSWERS#*',
                'REQUEST#*',
                'CATALOGUE#PUSHES*',
              ],
            },
          },
        }),
        Match.objectLike({
          Action: 'dynamodb:UpdateItem',
          Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['B-TID#*'] } },
        }),
      ]),
    },
  });
});
