import { describe, expect, test } from 'vitest';
import { resources, synthesize } from './templates.ts';

describe('alarms', () => {
  test('the topic admits alarms of this account, and takes nothing without TLS', () => {
    const { service } = synthesize();
    const [policy] = Object.values(resources(service, 'AWS::SNS::TopicPolicy'));
    expect(policy?.Properties.PolicyDocument).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        expect.objectContaining({
          Effect: 'Allow',
          Action: 'sns:Publish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        }),
      ]),
    });
  });

  test('each alarm tells the topic when it starts and when it is over; the topic is an output', () => {
    const { service } = synthesize();
    const [topic] = Object.keys(resources(service, 'AWS::SNS::Topic'));
    const alarms = Object.values(resources(service, 'AWS::CloudWatch::Alarm'));
    expect(alarms.length).toBeGreaterThan(5);
    for (const { Properties } of alarms) {
      expect(Properties.AlarmActions).toEqual([{ Ref: topic }]);
      expect(Properties.OKActions).toEqual([{ Ref: topic }]);
    }
    service.hasOutput('AlarmTopicArn', { Value: { Ref: topic } });
  });

  test('an alarm tells of a rotation that did not happen: by the function, and by the schedules of the group', () => {
    const { service } = synthesize();
    const [alarm] = Object.entries(resources(service, 'AWS::CloudWatch::Alarm'))
      .filter(([id]) => id.includes('RotationMissed'))
      .map(([, { Properties }]) => JSON.stringify(Properties.Metrics));
    const [group] = Object.values(resources(service, 'AWS::Scheduler::ScheduleGroup'));
    for (const name of ['RotationsMissed', 'TargetErrorCount', 'InvocationDroppedCount'])
      expect(alarm).toContain(`"MetricName":"${name}"`);
    expect(alarm).toContain(`{"Name":"ScheduleGroup","Value":"${group?.Properties.Name}"}`);
  });

  test.each([undefined, 'arn:aws:sns:eu-west-1:111111111111:own'])(
    'an e-mail address and an https endpoint are subscribed to the topic, own topic %s',
    (alarmTopicArn) => {
      const { service } = synthesize({
        operations: {
          ...(alarmTopicArn === undefined ? {} : { alarmTopicArn }),
          alarmEmail: 'noc@operator.example',
          alarmUrl: 'https://pager.example/bmsc',
        },
      });
      for (const [Protocol, Endpoint] of [
        ['email', 'noc@operator.example'],
        ['https', 'https://pager.example/bmsc'],
      ])
        service.hasResourceProperties('AWS::SNS::Subscription', { Protocol, Endpoint });
    },
  );
});
