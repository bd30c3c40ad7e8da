import { createServer } from 'node:http';
import { KMSClient } from '@aws-sdk/client-kms';
import { AwsError } from '../../local/aws/aws-error.ts';
import { LocalKms } from '../../local/aws/kms.ts';

/** The local system's KMS on a socket of its own, reached through the SDK, and the calls that it got. */
export interface TestKms {
  readonly kms: () => KMSClient;
  readonly keyArn: string;
  readonly calls: string[];
  /** From now on every call is refused, or answered again. */
  readonly refuse: (refused: boolean) => void;
  readonly close: () => Promise<void>;
}

/** Starts a KMS with one key. */
export async function startKms(): Promise<TestKms> {
  const keyArn = 'arn:aws:kms:us-east-1:000000000000:key/test';
  const local = new LocalKms([keyArn]);
  const calls: string[] = [];
  let isRefused = false;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const action = String(request.headers['x-amz-target']).replace('TrentService.', '');
    calls.push(action);
    const answer = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(value));
    try {
      if (isRefused) throw new AwsError('DisabledException', `${keyArn} is disabled.`);
      answer(200, local.answer(action, JSON.parse(Buffer.concat(chunks).toString('utf8'))));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      answer(400, { __type: error.name, message: error.message });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const kms = new KMSClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  return {
    kms: () => kms,
    keyArn,
    calls,
    refuse: (refused) => {
      isRefused = refused;
    },
    close: async () => {
      kms.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
