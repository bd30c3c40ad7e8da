import { LogQueryVisualizationType, LogQueryWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { deploymentOf } from './deployment.ts';

/** What a person replaces in a saved query. On the dashboard a field at its top does. */
export const PLACEHOLDER = { correlationId: 'CORRELATION-ID', subscriber: 'SUBSCRIBER' } as const;

/** A part of a BM-SC that writes a log. */
export type LogSource =
  | 'keyRequest'
  | 'keyDistribution'
  | 'keyRotation'
  | 'provisioning'
  | 'keyExport'
  | 'mbsFeed'
  | 'mbsStatus'
  | 'zn'
  | 'access'
  | 'bus';

/** A query of CloudWatch Logs Insights. */
export interface LogQuery {
  readonly title: string;
  /** The logs that it reads, of those that the deployment has. */
  readonly sources: readonly LogSource[];
  readonly lines: readonly string[];
}

const FUNCTIONS = [
  'keyRequest',
  'keyDistribution',
  'keyRotation',
  'provisioning',
  'keyExport',
  'mbsFeed',
  'mbsStatus',
] as const;
const ALL = [...FUNCTIONS, 'zn', 'access', 'bus'] as const;

/** The queries, by the IDs of their constructs. */
export const LOG_QUERIES: Readonly<Record<string, LogQuery>> = {
  FollowRequest: {
    title: 'Follow one correlation ID',
    sources: ALL,
    lines: [
      'fields @timestamp, service, message, result, reason, impi, mskId, attempt, how, ues, @message',
      `filter correlationId = "${PLACEHOLDER.correlationId}" or requestId = "${PLACEHOLDER.correlationId}" or detail.metadata.correlationId = "${PLACEHOLDER.correlationId}"`,
      'sort @timestamp asc',
      'limit 1000',
    ],
  },
  RefusedRequests: {
    title: 'Requests that were refused, by reason',
    sources: FUNCTIONS,
    lines: [
      'filter (message = "key request" and result != "granted" and reason != "no-credentials") or message = "request refused" or (message in ["rotation", "provisioning"] and result = "refused")',
      'stats count(*) as requests by service, reason',
      'sort requests desc',
    ],
  },
  PayloadMismatches: {
    title: 'Payloads that are otherwise than the profile says',
    sources: ['keyRequest'],
    lines: [
      'filter ispresent(mismatch.member)',
      'stats count(*) as requests, latest(mismatch.came.0) as came by mismatch.member, mismatch.expected',
      'sort requests desc',
    ],
  },
  FailedDeliveries: {
    title: 'Deliveries that failed, by reason',
    sources: ['keyDistribution'],
    lines: [
      'filter message = "delivery failed"',
      'stats sum(ues) as failed by reason, keyDomainId, mskId',
      'sort failed desc',
    ],
  },
  Subscriber: {
    title: 'One subscriber',
    sources: ALL,
    lines: [
      'fields @timestamp, service, message, requestType, result, reason, mskId, how, correlationId, @message',
      `filter impi = "${PLACEHOLDER.subscriber}" or detail.data.impi = "${PLACEHOLDER.subscriber}" or (ispresent(detail.data.pushId) and @message like "${PLACEHOLDER.subscriber}")`,
      'sort @timestamp desc',
      'limit 200',
    ],
  },
};

/** The log groups of a deployment, by what writes them. */
export type LogGroups = Readonly<Partial<Record<LogSource, ILogGroup>>>;

/** The queries, saved in CloudWatch Logs Insights in a folder that has the name of the deployment. */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, { logGroups }: { readonly logGroups: LogGroups }) {
    super(scope, id);
    for (const [queryId, query] of Object.entries(LOG_QUERIES))
      new CfnQueryDefinition(this, queryId, {
        name: `BMSC/${deploymentOf(this)}/${query.title}`,
        logGroupNames: groupsOf(query, logGroups),
        queryString: query.lines.join('\n| '),
      });
  }
}

/** The same as tables for a dashboard, which runs them when it is opened. */
export function queryWidgets(logGroups: LogGroups): readonly LogQueryWidget[] {
  return Object.values(LOG_QUERIES).map(
    (query) =>
      new LogQueryWidget({
        title: query.title,
        logGroupNames: groupsOf(query, logGroups),
        queryLines: [...query.lines],
        view: LogQueryVisualizationType.TABLE,
        width: 12,
        height: 6,
      }),
  );
}

function groupsOf({ sources }: LogQuery, logGroups: LogGroups): string[] {
  return sources.flatMap((source) => logGroups[source]?.logGroupName ?? []);
}
