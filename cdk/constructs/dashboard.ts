import {
  Dashboard,
  DashboardVariable,
  DefaultValue,
  GraphWidget,
  type IMetric,
  MathExpression,
  VariableInputType,
  VariableType,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Operation } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import {
  CHALLENGE_REASONS,
  KEY_REQUEST_RESULTS,
  LOOK_UP_RESULTS,
  METRIC,
  PAYLOAD_MEMBERS,
  ROTATION_RESULTS,
  ZN_RESULTS,
} from '../../functions/metric-names.ts';
import {
  challenges,
  keyRequests,
  lookUpLatency,
  lookUps,
  payloadMismatches,
  rotations,
  senderCount,
  verificationLatency,
  type WatchedParts,
  znOpenPeers,
  znRequests,
} from './metrics.ts';
import { type LogGroups, PLACEHOLDER, queryWidgets } from './saved-queries.ts';

type Row = readonly GraphWidget[];

/** What the dashboard shows. */
export interface DashboardProps {
  readonly bmsc: WatchedParts;
  readonly logGroups: LogGroups;
}

/** Fields at the top of the dashboard, whose text takes the place of a placeholder in its queries. */
const VARIABLES = Object.entries(PLACEHOLDER).map(
  ([id, value]) =>
    new DashboardVariable({
      id,
      type: VariableType.PATTERN,
      value,
      inputType: VariableInputType.INPUT,
      label: id === 'subscriber' ? 'IMPI' : 'Correlation ID',
      defaultValue: DefaultValue.value(value),
      visible: true,
    }),
);

/** What an operator sees on one screen: requests, refusals, table, queues, delivery, sender, and logs. */
export class OperationsDashboard extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, { bmsc, logGroups }: DashboardProps) {
    super(scope, id);
    const dashboard = new Dashboard(this, 'Dashboard', { variables: VARIABLES });
    this.name = dashboard.dashboardName;
    const keySource = bmsc.hasKeySource ? [keySourceRow(this, bmsc)] : [];
    for (const row of [
      keyRequestRow(this, bmsc),
      deliveryRow(this),
      senderRow(bmsc),
      tableRow(this, bmsc),
      ...keySource,
      payloadRow(this),
    ])
      dashboard.addWidgets(...row);
    dashboard.addWidgets(...queryWidgets(logGroups));
  }
}

function keyRequestRow(scope: Construct, { keyRequest }: WatchedParts): Row {
  return [
    graph(
      'Key requests by result',
      KEY_REQUEST_RESULTS.map((label) => keyRequests(scope, label).with({ label })),
    ),
    graph(
      '401 by reason',
      CHALLENGE_REASONS.map((label) => challenges(scope, label).with({ label })),
    ),
    graph('Key Request function: errors and duration', [
      keyRequest.handler.metricErrors(),
      keyRequest.handler.metricThrottles(),
      keyRequest.handler.metricDuration({ statistic: 'p99' }),
    ]),
  ];
}

function keySourceRow(scope: Construct, { hasZn }: WatchedParts): Row {
  const zn = graph(
    'Requests over Zn by result, open peers',
    ZN_RESULTS.map((label) => znRequests(scope, label).with({ label })),
    [znOpenPeers(scope)],
  );
  return [
    ...(hasZn ? [zn] : []),
    graph(
      'Look-ups in the network by result',
      LOOK_UP_RESULTS.map((label) => lookUps(scope, label).with({ label })),
    ),
    graph(
      'Latency of look-ups, ms',
      [50, 99].map((percentile) => lookUpLatency(scope, percentile).with({ label: `p${percentile}` })),
    ),
  ];
}

function deliveryRow(scope: Construct): Row {
  const delivered = senderCount(scope, METRIC.msksDelivered);
  const unverified = senderCount(scope, METRIC.msksUnverified);
  const failed = senderCount(scope, METRIC.messagesFailed);
  const deliverySuccess = new MathExpression({
    expression: '100 * delivered / (delivered + unverified + failed)',
    usingMetrics: { delivered, unverified, failed },
    label: 'delivered, %',
  });
  return [
    graph('MIKEY messages', [
      senderCount(scope, METRIC.messagesSent),
      senderCount(scope, METRIC.messagesRepeated),
      failed,
    ]),
    graph('MSK delivery', [delivered, unverified], [deliverySuccess]),
    graph(
      'Verification latency, ms',
      [50, 99].map((percentile) => verificationLatency(scope, percentile).with({ label: `p${percentile}` })),
    ),
  ];
}

function senderRow({ queues, keyDistribution }: WatchedParts): Row {
  return [
    graph('Age of the oldest work, s', [queues.queue.metricApproximateAgeOfOldestMessage()]),
    graph('Work waiting', [
      queues.queue.metricApproximateNumberOfMessagesVisible({ label: 'waiting' }),
      queues.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ label: 'dead letters' }),
      queues.ruleDeadLetterQueue.metricApproximateNumberOfMessagesVisible({
        label: 'dead letters of rules',
      }),
    ]),
    graph('Sender: CPU and memory, %', [
      keyDistribution.service.metricCpuUtilization(),
      keyDistribution.service.metricMemoryUtilization(),
    ]),
  ];
}

function payloadRow(scope: Construct): Row {
  const members = PAYLOAD_MEMBERS.map((label) => payloadMismatches(scope, label).with({ label }));
  return [graph('Requests otherwise than the payload profile, by its member', members)];
}

function tableRow(scope: Construct, { keyStore }: WatchedParts): Row {
  const operations = [Operation.BATCH_GET_ITEM, Operation.UPDATE_ITEM, Operation.PUT_ITEM, Operation.QUERY];
  return [
    graph('Throttled calls of the table', [
      keyStore.table.metricThrottledRequestsForOperations({ operations }),
    ]),
    graph('Datagrams ignored, forwarded', [
      senderCount(scope, METRIC.datagramsIgnored),
      senderCount(scope, METRIC.datagramsForwarded),
    ]),
    graph(
      'Rotations of MSKs by result',
      ROTATION_RESULTS.map((label) => rotations(scope, label).with({ label })),
    ),
  ];
}

function graph(title: string, left: readonly IMetric[], right: readonly IMetric[] = []): GraphWidget {
  return new GraphWidget({ title, left: [...left], right: [...right], width: 8, height: 6 });
}
