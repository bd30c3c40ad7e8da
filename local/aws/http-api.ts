import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import * as v from 'valibot';
import { originFormOf } from '../../lib/front-door/index.ts';
import type { LocalFunctions } from './functions.ts';
import { newTraceId, TRACE_HEADER } from './lambda-trace.ts';
import { listen } from './listen.ts';
import { type ResolvedStacks, TemplateError } from './template.ts';

/** A stand-in for the HTTP APIs of API Gateway. */
export interface LocalHttpApi {
  readonly close: () => Promise<void>;
}

const result = v.object({
  statusCode: v.number(),
  headers: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])), {}),
  cookies: v.optional(v.array(v.string()), []),
  body: v.optional(v.string(), ''),
  isBase64Encoded: v.optional(v.boolean(), false),
});
const mapping = v.object({
  ResponseParameters: v.array(v.object({ Destination: v.string(), Source: v.string() })),
});
const integration = v.object({
  IntegrationUri: v.string(),
  ResponseParameters: v.optional(v.record(v.string(), mapping), {}),
});
const DEFAULT_ROUTE = '$default';
const route = v.object({ RouteKey: v.string(), Target: v.string() });

interface HttpAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Buffer;
}

const TOO_LARGE: HttpAnswer = { status: 413, headers: {}, body: '{"message":"Request Entity Too Large"}' };
const FAILED: HttpAnswer = {
  status: 500,
  headers: { 'content-type': 'application/json' },
  body: '{"message":"Internal Server Error"}',
};

/** Octets of a body that API Gateway takes. */
const MAX_BODY_LENGTH = 10 * 1024 * 1024;

/** Content types whose bodies API Gateway forwards as text. It forwards all others in Base64. */
const TEXT = /^(text\/.*|application\/(json|javascript|xml))$/i;

/** A route of an HTTP API: what it takes, and what answers. */
interface Route {
  readonly takes: (request: Pick<IncomingMessage, 'method' | 'url'>) => boolean;
  readonly isDefault: boolean;
  readonly integration: v.InferOutput<typeof integration>;
}

/**
 * Serves the stacks' HTTP APIs on a numeric address, all on one port, where a route with a path comes before
 * `$default`: events of payload version 2.0, path and query as sent, and the response parameters of the
 * integration applied to the answer.
 * @throws PortTakenError
 */
export async function startHttpApi(
  stacks: ResolvedStacks,
  functions: Pick<LocalFunctions, 'invoke'>,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<LocalHttpApi> {
  const routes = routesOf(stacks);

  const answer = async (request: IncomingMessage): Promise<HttpAnswer> => {
    const route = routes.find(({ takes }) => takes(request));
    if (route === undefined) return FAILED;
    const { IntegrationUri, ResponseParameters } = route.integration;
    const body = await octetsOf(request);
    if (body === undefined) return TOO_LARGE;
    const traceHeader = request.headers[TRACE_HEADER]?.toString() ?? `Root=${newTraceId()}`;
    const event = eventOf(request, body, traceHeader);
    const returned = await functions.invoke(IntegrationUri, event, traceHeader).catch(() => undefined);
    const parsed = v.safeParse(result, returned);
    return parsed.success ? answerOf(parsed.output, ResponseParameters) : FAILED;
  };
  const server = createServer((request, response) => {
    answer(request)
      .then(({ status, headers, body }) => response.writeHead(status, headers).end(body))
      .catch(() => response.destroy());
  });
  await listen(server, port, address);
  return {
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The answer of the API: the function's result with the integration's mappings for its status applied. */
function answerOf(
  { statusCode, headers, cookies, body, isBase64Encoded }: v.InferOutput<typeof result>,
  mappings: v.InferOutput<typeof integration>['ResponseParameters'],
): HttpAnswer {
  const mapped = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
  for (const { Destination, Source } of mappings[String(statusCode)]?.ResponseParameters ?? [])
    applyMapping(mapped, Destination, Source);
  return {
    status: statusCode,
    headers: { ...Object.fromEntries(mapped), ...(cookies.length > 0 && { 'set-cookie': cookies }) },
    body: isBase64Encoded ? Buffer.from(body, 'base64') : body,
  };
}

/** The ARN of the function that the only route `$default` leads to. @throws TemplateError */
export function functionOfHttpApi(stacks: ResolvedStacks): string {
  const [only, ...others] = routesOf(stacks).filter(({ isDefault }) => isDefault);
  if (only === undefined || others.length > 0)
    throw new TemplateError('the stacks need exactly one route $default');
  return only.integration.IntegrationUri;
}

/** The routes of all HTTP APIs, those with a path first. */
function routesOf(stacks: ResolvedStacks): readonly Route[] {
  const integrations = new Map(
    stacks.resourcesOfType('AWS::ApiGatewayV2::Integration').map(({ ref, properties }) => [ref, properties]),
  );
  const routes = stacks.resourcesOfType('AWS::ApiGatewayV2::Route').map(({ properties }): Route => {
    const { RouteKey, Target } = v.parse(route, properties);
    return {
      takes: takesOf(RouteKey),
      isDefault: RouteKey === DEFAULT_ROUTE,
      integration: v.parse(integration, integrations.get(Target.replace('integrations/', ''))),
    };
  });
  return [...routes].sort((one, other) => Number(one.isDefault) - Number(other.isDefault));
}

/** Whether a route takes a request: `$default`, or a method and a path whose `{names}` are segments. */
function takesOf(routeKey: string): Route['takes'] {
  if (routeKey === DEFAULT_ROUTE) return () => true;
  const [method, path = ''] = routeKey.split(' ');
  const form = new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`);
  return ({ method: sent, url = '/' }) =>
    (method === 'ANY' || method === sent) && form.test(targetOf({ url }).split('?')[0] ?? '');
}

/** `overwrite:header.x` or `append:header.x` from `$response.header.y`; `remove:header.x` from nothing. */
function applyMapping(headers: Map<string, string>, destination: string, source: string): void {
  const [action, name = ''] = destination.toLowerCase().split(':header.');
  const value = headers.get(source.toLowerCase().replace(/^\$response\.header\./, ''));
  if (action === 'remove') headers.delete(name);
  else if (value !== undefined)
    headers.set(name, action === 'append' ? [headers.get(name), value].filter(Boolean).join(',') : value);
}

function eventOf(request: IncomingMessage, body: Buffer, traceHeader: string) {
  const [rawPath = '/', ...query] = targetOf(request).split('?');
  const headers: Record<string, string> = { ...headersOf(request), [TRACE_HEADER]: traceHeader };
  const isText = TEXT.test((headers['content-type'] ?? '').split(';')[0]?.trim() ?? '');
  const now = Date.now();
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: query.join('?'),
    headers,
    requestContext: {
      accountId: 'anonymous',
      apiId: 'local',
      domainName: headers.host ?? '',
      http: {
        method: request.method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: new Date(now).toUTCString(),
      timeEpoch: now,
    },
    ...(body.length === 0 ? {} : { body: isText ? body.toString('utf8') : body.toString('base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** The Request-URI in origin form, also when a proxy sent it in absolute form. */
function targetOf({ url = '/' }: Pick<IncomingMessage, 'url'>): string {
  return originFormOf(url) ?? url;
}

/** Names in lower case, repeats joined by commas. */
function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(request.headersDistinct))
    headers[name] = (values ?? []).join(',');
  return headers;
}

async function octetsOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    if (length > MAX_BODY_LENGTH) return undefined;
  }
  return Buffer.concat(chunks);
}
