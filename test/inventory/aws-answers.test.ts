import { expect, test } from 'vitest';
import { loadAlarms } from '../../lib/inventory/alarms.ts';
import type { AwsAnswer, AwsRequest } from '../../lib/inventory/aws-call.ts';
import { loadSenderEnvironment, loadSenderTasks } from '../../lib/inventory/sender-tasks.ts';

// Answers are as AWS documents them: no AWS is here, and the local system has no CloudWatch.

const SERVICE = { cluster: 'c', service: 's' };

/** Answers requests in their order, and keeps them. */
function scripted(...answers: readonly AwsAnswer[]) {
  const asked: AwsRequest[] = [];
  const left = [...answers];
  const call = async (request: AwsRequest) => {
    asked.push(request);
    return left.shift() ?? { isOk: false, text: '' };
  };
  return { call, asked };
}

const ok = (text: string): AwsAnswer => ({ isOk: true, text });
const alarmsPage = (members: string, more = '') =>
  ok(
    '<DescribeAlarmsResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><DescribeAlarmsResult>' +
      `<MetricAlarms>${members}</MetricAlarms>${more}</DescribeAlarmsResult></DescribeAlarmsResponse>`,
  );
const member = (name: string, state: string) =>
  `<member><AlarmName>${name}</AlarmName><Dimensions><member><Name>a</Name></member></Dimensions>` +
  `<StateValue>${state}</StateValue></member>`;

test('alarms of all pages are counted, and those in alarm are named without the stack', async () => {
  const { call, asked } = scripted(
    alarmsPage(
      member('Bmsc-RotationMissed', 'ALARM') + member('Bmsc-Quiet', 'OK'),
      '<NextToken>n+1</NextToken>',
    ),
    alarmsPage(member('Bmsc-001', 'INSUFFICIENT_DATA')),
  );
  expect(await loadAlarms(call, 'Bmsc')).toEqual({ count: 3, raised: ['RotationMissed'] });
  const [first, second] = asked.map(({ body }) => new URLSearchParams(body));
  expect(first?.get('AlarmNamePrefix')).toBe('Bmsc-');
  expect([first?.get('NextToken'), second?.get('NextToken')]).toEqual([null, 'n+1']);
});

test('a stack without alarms has none, and a refusal is named', async () => {
  expect(await loadAlarms(scripted(alarmsPage('')).call, 'Bmsc')).toEqual({ count: 0, raised: [] });
  const denied = '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>';
  const { call } = scripted({ isOk: false, text: denied });
  await expect(loadAlarms(call, 'Bmsc')).rejects.toMatchObject({ code: 'AccessDenied' });
});

test('senders are counted; a service that is gone is none', async () => {
  const service = { status: 'ACTIVE', runningCount: 1, pendingCount: 2, desiredCount: 3, serviceName: 's' };
  const { call, asked } = scripted(ok(JSON.stringify({ services: [service], failures: [] })));
  expect(await loadSenderTasks(call, SERVICE)).toEqual({ running: 1, pending: 2, desired: 3 });
  expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ cluster: 'c', services: ['s'] });
  const gone = scripted(ok(JSON.stringify({ services: [{ ...service, status: 'INACTIVE' }] })));
  expect(await loadSenderTasks(gone.call, SERVICE)).toBeUndefined();
});

test('the environment of the sender is that of its service’s task definition', async () => {
  const environment = [{ name: 'SOME_NAME', value: 't' }];
  const { call, asked } = scripted(
    ok(JSON.stringify({ services: [{ status: 'ACTIVE', taskDefinition: 'arn:7' }] })),
    ok(JSON.stringify({ taskDefinition: { containerDefinitions: [{ name: 'Sender', environment }] } })),
  );
  expect(await loadSenderEnvironment(call, SERVICE)).toEqual({ SOME_NAME: 't' });
  expect(JSON.parse(asked[1]?.body ?? '')).toEqual({ taskDefinition: 'arn:7' });
  const refused = scripted({ isOk: false, text: '{"__type":"com.amazonaws#ClusterNotFoundException"}' });
  await expect(loadSenderEnvironment(refused.call, SERVICE)).rejects.toMatchObject({
    code: 'ClusterNotFoundException',
  });
});
