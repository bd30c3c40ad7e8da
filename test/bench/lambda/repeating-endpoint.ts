import { createServer } from 'node:http';

/**
 * A process that stands before a DynamoDB emulator: the first call of each action is handed on, every further
 * one is given the same answer at once, so that what a client costs is measured without what the emulator
 * takes.
 */
const [, , upstream = ''] = process.argv;

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

const answers = new Map<string, Promise<Answer>>();

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const target = String(request.headers['x-amz-target']);
  const handOn = async (): Promise<Answer> => {
    const { 'content-type': type = '', authorization = '', 'x-amz-date': date = '' } = request.headers;
    const answer = await fetch(upstream, {
      method: 'POST',
      headers: { 'content-type': type, 'x-amz-target': target, authorization, 'x-amz-date': String(date) },
      body: Buffer.concat(chunks),
    });
    const body = Buffer.from(await answer.arrayBuffer());
    const checksum = answer.headers.get('x-amz-crc32');
    return {
      status: answer.status,
      headers: {
        'content-type': answer.headers.get('content-type') ?? '',
        'content-length': String(body.length),
        ...(checksum === null ? {} : { 'x-amz-crc32': checksum }),
      },
      body,
    };
  };
  const answer = answers.get(target) ?? handOn();
  answers.set(target, answer);
  const { status, headers, body } = await answer;
  response.writeHead(status, headers).end(body);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
process.on('disconnect', () => process.exit(0));
