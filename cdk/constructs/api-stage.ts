import { CfnStage, type HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';

/** Requests a second that an HTTP API lets through. */
export interface RateLimits {
  readonly perSecond: number;
  readonly burst: number;
}

/** Limits the rate of an HTTP API's one route, and logs who asks it. */
export function guardStage(api: HttpApi, limits: RateLimits, accessLogs: LogGroup): void {
  const stage = api.defaultStage?.node.defaultChild;
  if (!(stage instanceof CfnStage)) throw new Error('the HTTP API has no default stage');
  stage.defaultRouteSettings = {
    throttlingRateLimit: limits.perSecond,
    throttlingBurstLimit: limits.burst,
  };
  // No header stands in it, and no path: Authorization names the UE's B-TID, and the path of a notification
  // has its token.
  const format = {
    requestId: '$context.requestId',
    ip: '$context.identity.sourceIp',
    method: '$context.httpMethod',
    status: '$context.status',
  };
  stage.accessLogSettings = { destinationArn: accessLogs.logGroupArn, format: JSON.stringify(format) };
}
