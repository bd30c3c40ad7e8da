import {
  bodyOf,
  type FunctionResult,
  type Gateway,
  header,
  type Invoke,
  lasts,
  lists,
  queryPairs,
  serve,
} from './gateway.ts';

/** An Application Load Balancer with a Lambda target group, with multi-value headers or without. */
export function startLoadBalancer(
  invoke: Invoke,
  { multiValue }: { readonly multiValue: boolean },
): Promise<Gateway> {
  return serve(async (request) => {
    const lower = (name: string) => name.toLowerCase();
    const forwardedFor = [header(request, 'x-forwarded-for'), request.peer.address]
      .filter(Boolean)
      .join(', ');
    const headers = lists(
      [
        ...request.headers.filter(([name]) => lower(name) !== 'x-forwarded-for'),
        // "X-Forwarded headers": append is the default.
        ['x-forwarded-for', forwardedFor],
        ['x-amzn-trace-id', 'Root=1-gateway'],
      ],
      lower,
    );
    // "Lambda functions as targets": encoded query parameters are not decoded.
    const parameters = lists(queryPairs(request.query));
    // Ibid.: text/*, JSON, JavaScript and XML without a content encoding come as text, every other in Base64.
    const contentType = header(request, 'content-type')?.split(';')[0]?.trim() ?? '';
    const isText = /^(text\/.*|application\/(json|javascript|xml))$/i.test(contentType);
    const result = (await invoke({
      requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:::targetgroup/bmsc/1' } },
      httpMethod: request.method,
      path: request.path,
      ...(multiValue
        ? { multiValueHeaders: headers, multiValueQueryStringParameters: parameters }
        : { headers: lasts(headers), queryStringParameters: lasts(parameters) }),
      body: request.body.toString(isText ? 'utf8' : 'base64'),
      isBase64Encoded: !isText,
    })) as FunctionResult;
    // Ibid., "Multi-value headers": with the setting, only multiValueHeaders of an answer count; without it,
    // only headers.
    const answered = multiValue
      ? Object.entries(result.multiValueHeaders ?? {}).flatMap(([name, values]) =>
          values.map((value) => [name, value] as const),
        )
      : Object.entries(result.headers ?? {});
    return { status: result.statusCode, headers: answered, body: bodyOf(result) };
  });
}
