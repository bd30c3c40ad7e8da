import { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import {
  CORRELATION_HEADER,
  correlationIdOf,
  requestOfEvent,
  resultOfResponse,
} from '../../lib/front-door/index.ts';
import type { KeyRequestOutcome } from '../../lib/key-management/context.ts';
import { handleKeyRequest } from '../../lib/key-management/key-request.ts';
import type { LookUp } from '../../lib/key-source/key-source.ts';
import { correlationIdOfCourse, inCourse, nameCourse } from '../course.ts';
import { KEY_REQUEST_VARIABLE } from '../environment-variables.ts';
import { KEY_DOMAIN_DIMENSION, METRIC } from '../metric-names.ts';
import { countsByKeyDomain, createMetrics } from '../metrics.ts';
import { traceHeaderOfInvocation } from '../tracing/invocation.ts';
import { createContext, type KeyRequestObservers, type KeyRequestParts } from './container.ts';
import { errorToResponse } from './error-to-response.ts';
import { describeService } from './service-description.ts';
import { traced } from './traced.ts';

const logger = new Logger();
const metrics = createMetrics(process.env);
const byKeyDomain = countsByKeyDomain(process.env);

/** A header by which a proxy before the gateway names requests. */
const CORRELATION_SOURCE = process.env[KEY_REQUEST_VARIABLE.correlationHeader]?.toLowerCase();

const observers: KeyRequestObservers = { onFailedRead: warnOfSecret, onLookUp: reportLookUp };

/** Kept over invocations. After a failure it is undefined, and the next request tries again. */
let context: KeyRequestParts | undefined = await createPrimed();

const answer = middy()
  .use(errorToResponse(logger, metrics))
  .handler(async (event: unknown, lambda: Context) => {
    nameCourse(lambda.awsRequestId);
    const request = requestOfEvent(event);
    const correlationId = correlationIdOf(request, CORRELATION_SOURCE) ?? lambda.awsRequestId;
    nameCourse(correlationId);
    context ??= await createContext(process.env, observers);
    const description =
      context.serviceDescription && (await describeService(context.serviceDescription, request));
    if (description !== undefined) return describedResult(request, description);
    const { response, outcome } = await handleKeyRequest(context, request, correlationId);
    report(outcome, response.status, lambda.awsRequestId, request.requestId);
    const headers = { ...response.headers, [CORRELATION_HEADER]: correlationId };
    return resultOfResponse(request, { ...response, headers });
  });

/**
 * The Key Request function behind API Gateway: front-door event in, front-door result out. Each line of its
 * log, the event that follows, and the answer have the correlation ID of the request.
 */
export const handler = (event: unknown, lambda: Context): Promise<unknown> =>
  inCourse(() => traced(() => answer(event, lambda)), traceHeaderOfInvocation(process.env));

/**
 * Opens the context while Lambda initialises. After a failure the first request tries again, and reports it.
 */
async function createPrimed(): Promise<KeyRequestParts | undefined> {
  try {
    const created = await createContext(process.env, observers);
    await created.store.dataKeys.prepare();
    return created;
  } catch {
    return undefined;
  }
}

/** Counts what came of a request for a description, and gives its answer. */
function describedResult(
  request: ReturnType<typeof requestOfEvent>,
  { response, result }: NonNullable<Awaited<ReturnType<typeof describeService>>>,
) {
  const single = metrics.singleMetric();
  single.addDimension('result', result);
  single.addMetric(METRIC.serviceDescriptions, MetricUnit.Count, 1);
  return resultOfResponse(request, response);
}

function warnOfSecret(error: unknown): void {
  logger.warn('a secret could not be read again', { correlationId: correlationIdOfCourse(), error });
}

function reportLookUp(lookUp: LookUp, ms: number): void {
  const { kind } = lookUp;
  const reason = kind === 'unavailable' ? { reason: lookUp.reason } : {};
  const correlationId = correlationIdOfCourse();
  logger.info('look-up', { correlationId, result: kind, ...reason, ms: Math.round(ms) });
  const single = metrics.singleMetric();
  single.addDimension('result', kind);
  single.addMetric(METRIC.lookUps, MetricUnit.Count, 1);
  const latency = metrics.singleMetric();
  latency.addMetric(METRIC.lookUpLatency, MetricUnit.Milliseconds, ms);
}

function report(
  outcome: KeyRequestOutcome,
  status: number,
  lambdaRequestId: string,
  gatewayRequestId: string,
): void {
  const correlationId = correlationIdOfCourse();
  logger.info('key request', { correlationId, ...outcome, status, lambdaRequestId, gatewayRequestId });
  const single = metrics.singleMetric();
  single.addDimension('result', outcome.result);
  single.addMetadata('reason', outcome.reason);
  single.addMetric(METRIC.keyRequests, MetricUnit.Count, 1);
  if (outcome.mismatch !== undefined) countMismatch(outcome.mismatch.member, outcome.impi !== undefined);
  if (byKeyDomain) countGranted(outcome.keyDomainIds ?? []);
  if (outcome.result === 'challenged') {
    const challenged = metrics.singleMetric();
    challenged.addDimension('reason', outcome.reason);
    challenged.addMetric(METRIC.challenges, MetricUnit.Count, 1);
  }
}

/** Counts a request that is otherwise than the payload profile says; who sends it may be anybody. */
function countMismatch(member: string, isAuthenticated: boolean): void {
  const single = metrics.singleMetric();
  single.addDimension('member', member);
  single.addMetric(METRIC.payloadMismatches, MetricUnit.Count, 1);
  if (isAuthenticated) metrics.singleMetric().addMetric(METRIC.payloadMismatchesOfUes, MetricUnit.Count, 1);
}

/** Counts the MSKs that were granted, for each Key Domain. */
function countGranted(keyDomainIds: readonly string[]): void {
  for (const keyDomainId of new Set(keyDomainIds)) {
    const single = metrics.singleMetric();
    single.addDimension(KEY_DOMAIN_DIMENSION, keyDomainId);
    const msks = keyDomainIds.filter((each) => each === keyDomainId).length;
    single.addMetric(METRIC.msksGranted, MetricUnit.Count, msks);
  }
}
