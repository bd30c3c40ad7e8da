import { request as httpRequest } from 'node:http';
import { type Gateway, serve, type WireAnswer, type WireRequest } from './gateway.ts';

/**
 * A CloudFront distribution before an origin, caching disabled, origin request policy
 * AllViewerExceptHostHeader.
 */
export function startCloudFront(
  originUrl: string,
  settings: {
    readonly customHeaders?: Readonly<Record<string, string>>;
    /** A CloudFront Function on viewer-response. */
    readonly viewerResponse?: (answer: WireAnswer) => WireAnswer;
  } = {},
): Promise<Gateway> {
  return serve(async (request) => {
    const answer = await forward(new URL(originUrl), request, settings.customHeaders ?? {});
    // "Restrictions on all edge functions", HTTP status codes: none runs on viewer response from 400 up.
    return answer.status >= 400 || settings.viewerResponse === undefined
      ? answer
      : settings.viewerResponse(answer);
  });
}

function forward(
  origin: URL,
  { method, path, query, headers, body, peer }: WireRequest,
  customHeaders: Readonly<Record<string, string>>,
): Promise<WireAnswer> {
  const custom = Object.entries(customHeaders);
  const replaced = new Set([...custom.map(([name]) => name.toLowerCase()), 'host', ...SET_BY_CLOUDFRONT]);
  const kept = headers.filter(([name]) => !replaced.has(name.toLowerCase()));
  const sent = [
    // "Use managed origin request policies": all but Host, which is the origin's.
    ['Host', origin.host],
    ...kept,
    // "Add CloudFront request headers": address and port, IPv6 without brackets.
    ['CloudFront-Viewer-Address', `${peer.address}:${peer.port}`],
    ['X-Forwarded-For', peer.address],
    ['Via', '1.1 gateway.cloudfront.net (CloudFront)'],
    // "Add custom headers to origin requests": they take the place of those that a viewer sent.
    ...custom,
  ];
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: origin.hostname, port: origin.port, method, path: query === '' ? path : `${path}?${query}` },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const raw = response.rawHeaders;
          const answered = raw.flatMap((name, index) =>
            index % 2 === 0 && !HOP_BY_HOP.has(name.toLowerCase())
              ? [[name, raw[index + 1] ?? ''] as const]
              : [],
          );
          resolve({ status: response.statusCode ?? 0, headers: answered, body: Buffer.concat(chunks) });
        });
      },
    );
    outgoing.on('error', reject);
    for (const [name = '', value = ''] of sent) outgoing.appendHeader(name, value);
    outgoing.end(body);
  });
}

/** "HTTP request headers and CloudFront behavior": what a viewer says of itself here does not count. */
const SET_BY_CLOUDFRONT = ['cloudfront-viewer-address', 'x-forwarded-for', 'via'];

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding']);
