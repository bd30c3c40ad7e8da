/** A request as a UE sends it. */
export interface SentRequest {
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

const PEER = '192.0.2.1';

/** The event of an HTTP API (payload 2.0): path and query as sent, headers in lower case, comma-joined. */
export function httpApiV2Event(sent: SentRequest, isBase64Encoded: boolean, stage = '$default') {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: stage === '$default' ? sent.path : `/${stage}${sent.path}`,
    rawQueryString: sent.query,
    headers: Object.fromEntries(sent.headers.map(([name, value]) => [name.toLowerCase(), value])),
    requestContext: {
      http: { method: 'POST', path: sent.path, protocol: 'HTTP/1.1', sourceIp: PEER, userAgent: 'ue' },
      requestId: 'request-1',
      stage,
    },
    ...bodyOf(sent, isBase64Encoded),
  };
}

/** The event of a REST API: parameters decoded, `path` without the stage. */
export function restV1Event(sent: SentRequest, isBase64Encoded: boolean, stage?: string) {
  const parameters = listsOf(
    pairsOf(sent.query).map(([name, value]) => [decodeURIComponent(name), decodeURIComponent(value)]),
  );
  return {
    resource: '/{proxy+}',
    path: sent.path,
    httpMethod: 'POST',
    headers: Object.fromEntries(sent.headers),
    multiValueHeaders: listsOf(sent.headers),
    queryStringParameters: sent.query === '' ? null : lastsOf(parameters),
    multiValueQueryStringParameters: sent.query === '' ? null : parameters,
    requestContext: {
      requestId: 'request-1',
      identity: { sourceIp: PEER },
      path: stage === undefined ? sent.path : `/${stage}${sent.path}`,
      ...(stage === undefined ? {} : { stage }),
    },
    ...bodyOf(sent, isBase64Encoded),
  };
}

/** The event of a load balancer: parameters still encoded, the peer in X-Forwarded-For. */
export function albEvent(sent: SentRequest, isBase64Encoded: boolean, isMultiValue = true) {
  const added = [
    ['x-forwarded-for', PEER],
    ['x-amzn-trace-id', 'Root=request-1'],
  ] as const;
  const headers = listsOf([
    ...sent.headers.map(([name, value]) => [name.toLowerCase(), value] as const),
    ...added,
  ]);
  const parameters = listsOf(pairsOf(sent.query));
  return {
    requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:::targetgroup/bmsc/1' } },
    httpMethod: 'POST',
    path: sent.path,
    ...(isMultiValue
      ? { multiValueHeaders: headers, multiValueQueryStringParameters: parameters }
      : { headers: lastsOf(headers), queryStringParameters: lastsOf(parameters) }),
    ...bodyOf(sent, isBase64Encoded),
  };
}

function bodyOf({ body }: SentRequest, isBase64Encoded: boolean) {
  return { body: Buffer.from(body).toString(isBase64Encoded ? 'base64' : 'utf8'), isBase64Encoded };
}

function pairsOf(query: string): [string, string][] {
  const pairs = query.split('&').filter((pair) => pair !== '');
  return pairs.map((pair) => {
    const at = pair.includes('=') ? pair.indexOf('=') : pair.length;
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
}

function listsOf(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const lists: Record<string, string[]> = {};
  for (const [name, value] of pairs) lists[name] = [...(lists[name] ?? []), value];
  return lists;
}

function lastsOf(lists: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, values.at(-1) ?? '']));
}
