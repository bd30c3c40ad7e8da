import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MiddlewareObj } from '@middy/core';
import { FrontDoorError } from '../../lib/front-door/index.ts';
import { METRIC } from '../metrics.ts';

/**
 * The last word on what the procedure did not foresee: a body that is no Base64 though the gateway says so is a
 * 400; a gateway that is not one of ours, a store or a bus that fails is a 503 that asks the UE to try again. The cause is logged, never told to the UE.
 */
export function errorToResponse(logger: Logger, metrics: Metrics): MiddlewareObj {
  return {
    onError: (request) => {
      const { error } = request;
      const isBadEvent = error instanceof FrontDoorError && error.code === 'bad-base64';
      logger.error('key request failed', error ?? new Error('unknown'));
      const single = metrics.singleMetric();
      single.addDimension('result', 'failed');
      single.addMetric(METRIC.keyRequests, MetricUnit.Count, 1);
      request.response = isBadEvent
        ? { statusCode: 400, headers: { 'content-type': 'text/plain' }, body: 'the request is malformed\n' }
        : {
            statusCode: 503,
            headers: { 'content-type': 'text/plain', 'retry-after': '1' },
            body: 'the key management function is not available, try again\n',
          };
    },
  };
}
