import { createServer } from 'node:http';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { ScheduleGroup } from '../../lib/key-rotation/schedule-group.ts';
import { AwsError } from '../../local/aws/aws-error.ts';
import { LocalScheduler } from '../../local/aws/scheduler.ts';
import type { ResolvedResource } from '../../local/aws/template.ts';

/** An entry of PutEvents. */
export interface PutEntry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

/**
 * The local system's scheduler on a socket of its own, called by the SDK, and the events that it has put.
 */
export interface TestScheduler extends ScheduleGroup {
  readonly entries: PutEntry[];
  /** `METHOD name status` of each call. */
  readonly calls: string[];
  readonly close: () => Promise<void>;
}

/** Starts a scheduler with one group. */
export async function startScheduler(): Promise<TestScheduler> {
  const group: ResolvedResource = {
    logicalId: 'Schedules',
    physicalName: 'Schedules',
    ref: 'rotations',
    arn: 'arn:aws:scheduler:us-east-1:000000000000:schedule-group/rotations',
    properties: { Name: 'rotations' },
  };
  const entries: PutEntry[] = [];
  const calls: string[] = [];
  const resourcesOfType = (type: string) => (type === 'AWS::Scheduler::ScheduleGroup' ? [group] : []);
  const local = new LocalScheduler({ resourcesOfType }, (request) => {
    entries.push(...(request as { Entries: PutEntry[] }).Entries);
  });
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const url = new URL(request.url ?? '/', 'http://localhost');
    const { method = '' } = request;
    const answer = (status: number, value: unknown, headers = {}) => {
      calls.push(`${method} ${url.pathname.split('/').at(-1)} ${status}`);
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(value));
    };
    try {
      answer(200, local.answer(method, url, Buffer.concat(chunks).toString('utf8')));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      answer(error.status, { Message: error.message }, { 'x-amzn-errortype': error.name });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const scheduler = new SchedulerClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  return {
    scheduler,
    groupName: 'rotations',
    roleArn: 'arn:aws:iam::000000000000:role/schedules',
    eventBusArn: 'arn:aws:events:us-east-1:000000000000:event-bus/bmsc',
    commandSource: 'bmsc.keymanagement.commands',
    entries,
    calls,
    close: async () => {
      local.close();
      scheduler.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
