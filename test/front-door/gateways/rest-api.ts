import {
  bodyOf,
  type FunctionResult,
  type Gateway,
  type Invoke,
  lasts,
  lists,
  queryPairs,
  serve,
} from './gateway.ts';

/**
 * A REST API with a Lambda proxy integration on stage `prod`, with a custom domain so that no stage stands in
 * the path.
 */
export function startRestApi(invoke: Invoke, settings: { readonly binary?: boolean } = {}): Promise<Gateway> {
  return serve(async (request) => {
    const headers = request.headers.filter(([name]) => !DROPPED.has(name.toLowerCase()));
    // "Lambda proxy integrations in API Gateway", input format: parameters come decoded, lists beside last
    // values.
    const parameters = lists(
      queryPairs(request.query).map(([name, value]) => [decodeURIComponent(name), decodeURIComponent(value)]),
    );
    const result = (await invoke({
      resource: '/{proxy+}',
      path: request.path,
      httpMethod: request.method,
      headers: Object.fromEntries(headers),
      multiValueHeaders: lists(headers),
      queryStringParameters: lasts(parameters),
      multiValueQueryStringParameters: parameters,
      requestContext: {
        requestId: 'gateway',
        stage: 'prod',
        path: `/prod${request.path}`,
        identity: { sourceIp: request.peer.address },
      },
      // "Working with binary media types for REST APIs": Base64 where binaryMediaTypes match, else text.
      body: request.body.toString(settings.binary === true ? 'base64' : 'utf8'),
      isBase64Encoded: settings.binary === true,
    })) as FunctionResult;
    const answered = [
      ...Object.entries(result.headers ?? {}),
      ...Object.entries(result.multiValueHeaders ?? {}).flatMap(([name, values]) =>
        values.map((value) => [name, value] as const),
      ),
    ];
    return {
      status: result.statusCode,
      headers: answered.map(([name, value]) => [remapped(name), value] as const),
      body: bodyOf(result),
    };
  });
}

/** "Amazon API Gateway important notes", REST APIs: headers that may be dropped before the integration. */
const DROPPED = new Set([
  'connection',
  'content-length',
  'content-md5',
  'expect',
  'te',
  'trailer',
  'upgrade',
]);

/** Ibid.: headers that a Lambda integration's answer has renamed. */
function remapped(name: string): string {
  const isRemapped = ['www-authenticate', 'server', 'date', 'connection'].includes(name.toLowerCase());
  return isRemapped ? `x-amzn-Remapped-${name}` : name;
}
