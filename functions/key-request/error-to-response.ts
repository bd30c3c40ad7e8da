import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { MiddlewareObj } from '@middy/core';
import { CORRELATION_HEADER, FrontDoorError } from '../../lib/front-door/index.ts';
import { correlationIdOfCourse } from '../course.ts';
import { METRIC } from '../metric-names.ts';

/**
 * Answers errors that the procedure did not foresee. A body that is no Base64, though the gateway says so, is
 * a 400. Every other error, of a foreign gateway, the store or the bus, is a 503 that asks the UE to try
 * again. The log has the cause; the answer does not.
 */
export function errorToResponse(logger: Logger, metrics: Metrics): MiddlewareObj {
  return {
    onError: (request) => {
      const { error } = request;
      const isBadEvent = error instanceof FrontDoorError && error.code === 'bad-base64';
      const correlationId = correlationIdOfCourse();
      logger.error('key request failed', { correlationId, error: error ?? new Error('unknown') });
      const named = correlationId === undefined ? {} : { [CORRELATION_HEADER]: correlationId };
      const single = metrics.singleMetric();
      single.addDimension('result', 'failed');
      single.addMetric(METRIC.keyRequests, MetricUnit.Count, 1);
      request.response = isBadEvent
        ? {
            statusCode: 400,
            headers: { 'content-type': 'text/plain', ...named },
            body: 'the request is malformed\n',
          }
        : {
            statusCode: 503,
            headers: { 'content-type': 'text/plain', 'retry-after': '1', ...named },
            body: 'the key management function is not available, try again\n',
          };
    },
  };
}
