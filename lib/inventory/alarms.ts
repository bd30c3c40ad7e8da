import { XMLParser } from 'fast-xml-parser';
import * as v from 'valibot';
import { type AwsCall, AwsRefusal } from './aws-call.ts';

/** The alarms of a deployment. */
export interface Alarms {
  readonly count: number;
  /** The names of those that are in alarm, without the name of the stack. */
  readonly raised: readonly string[];
}

/** CloudWatch gives no more at once. */
const PAGE = '100';

const text = v.optional(v.string(), '');
const alarm = v.object({ AlarmName: text, StateValue: text });
const answerSchema = v.object({
  DescribeAlarmsResponse: v.object({
    DescribeAlarmsResult: v.object({
      MetricAlarms: v.optional(v.union([v.object({ member: v.array(alarm) }), v.string()]), ''),
      NextToken: text,
    }),
  }),
});

/** The alarms of a stack, whose names begin with its name. @throws AwsRefusal, Error */
export async function loadAlarms(call: AwsCall, stack: string): Promise<Alarms> {
  const prefix = `${stack}-`;
  const raised: string[] = [];
  let [count, token] = [0, ''];
  do {
    const { MetricAlarms, NextToken } = await ask(call, prefix, token);
    const alarms = typeof MetricAlarms === 'string' ? [] : MetricAlarms.member;
    count += alarms.length;
    for (const { AlarmName, StateValue } of alarms)
      if (StateValue === 'ALARM') raised.push(AlarmName.slice(prefix.length));
    token = NextToken;
  } while (token !== '');
  return { count, raised };
}

async function ask(call: AwsCall, prefix: string, token: string) {
  const form = new URLSearchParams({
    Action: 'DescribeAlarms',
    Version: '2010-08-01',
    AlarmNamePrefix: prefix,
    MaxRecords: PAGE,
    ...(token === '' ? {} : { NextToken: token }),
  });
  const answer = await call({
    service: 'monitoring',
    host: 'monitoring',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  if (!answer.isOk) {
    const [, name = 'UnknownAnswer'] = /(?:<Code>|"__type":")([\w.]+)/.exec(answer.text) ?? [];
    throw new AwsRefusal(name, `CloudWatch refuses DescribeAlarms: ${name}`);
  }
  const parser = new XMLParser({
    ignoreAttributes: true,
    parseTagValue: false,
    isArray: (name, path) => name === 'member' && String(path).endsWith('MetricAlarms.member'),
  });
  return v.parse(answerSchema, parser.parse(answer.text)).DescribeAlarmsResponse.DescribeAlarmsResult;
}
