import { bodyOf, type FunctionResult, type Gateway, header, type Invoke, lists, serve } from './gateway.ts';

/** A response parameter of an integration, as a template has it. */
export interface ResponseParameter {
  readonly Destination: string;
  readonly Source: string;
}

/**
 * An HTTP API with a Lambda proxy integration, payload format 2.0. With `renamesChallenge` it renames
 * `WWW-Authenticate` as a REST API does. Some users report this of HTTP APIs too; AWS documents neither.
 */
export function startHttpApi(
  invoke: Invoke,
  settings: {
    readonly responseParameters?: Readonly<Record<string, readonly ResponseParameter[]>>;
    readonly renamesChallenge?: boolean;
  } = {},
): Promise<Gateway> {
  return serve(async (request) => {
    const contentType = header(request, 'content-type') ?? '';
    const isText = TEXT.test(contentType.split(';')[0]?.trim() ?? '');
    const result = (await invoke({
      version: '2.0',
      routeKey: '$default',
      // "Create AWS Lambda proxy integrations for HTTP APIs": rawPath and rawQueryString, as sent on
      // $default.
      rawPath: request.path,
      rawQueryString: request.query,
      // Ibid., "Lambda function input": names in lower case; "duplicate headers are combined with commas".
      headers: joined(lists(request.headers, (name) => name.toLowerCase())),
      requestContext: {
        requestId: 'gateway',
        stage: '$default',
        http: { method: request.method, path: request.path, sourceIp: request.peer.address },
      },
      body: request.body.toString(isText ? 'utf8' : 'base64'),
      isBase64Encoded: !isText,
    })) as FunctionResult;

    const answered = new Map(
      // Ibid., "Lambda function response": no multiValueHeaders in format 2.0.
      Object.entries(result.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const challenge = answered.get('www-authenticate');
    if (settings.renamesChallenge === true && challenge !== undefined) {
      answered.delete('www-authenticate');
      answered.set('x-amzn-remapped-www-authenticate', challenge);
    }
    // "Transform API requests and responses for HTTP APIs": by status code, from $response.header.
    for (const { Destination, Source } of settings.responseParameters?.[String(result.statusCode)] ?? []) {
      const value = answered.get(Source.replace('$response.header.', '').toLowerCase());
      if (value !== undefined) answered.set(Destination.replace('overwrite:header.', ''), value);
    }
    return { status: result.statusCode, headers: [...answered], body: bodyOf(result) };
  });
}

/**
 * "Working with binary media types": whether `+xml` counts as text is not documented; reports from AWS have
 * all but text/*, JSON, XML and JavaScript in Base64. The function takes either.
 */
const TEXT = /^(text\/.*|application\/(json|javascript|xml))$/i;

function joined(of: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(of).map(([name, values]) => [name, values.join(',')]));
}
