import { type CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';

/** The alarms of a deployment. */
export interface Alarms {
  readonly count: number;
  /** The names of those that are in alarm, without the name of the stack. */
  readonly raised: readonly string[];
}

/** The alarms of a stack, whose names begin with its name. @throws the SDK's errors */
export async function loadAlarms(client: CloudWatchClient, stack: string): Promise<Alarms> {
  const AlarmNamePrefix = `${stack}-`;
  const raised: string[] = [];
  let count = 0;
  for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, { AlarmNamePrefix })) {
    count += MetricAlarms.length;
    for (const { AlarmName = '', StateValue } of MetricAlarms)
      if (StateValue === 'ALARM') raised.push(AlarmName.slice(AlarmNamePrefix.length));
  }
  return { count, raised };
}
