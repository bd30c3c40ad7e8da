import { fork } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ResolvedResource } from './template.ts';

/** That a part of the local system ended by itself. */
export interface PartEnd {
  readonly what: string;
  readonly logFile: string;
}

/** A Lambda function that runs in a process of its own. */
export interface LocalLambda {
  /** @throws Error what the handler threw, or that the process is gone */
  readonly invoke: (event: unknown) => Promise<unknown>;
  readonly close: () => void;
  /** File of the bundle. */
  readonly module: string;
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Starts the very bundle that `cdk synth` made for a function, with just the environment of its template
 * and `awsEnvironment`. What it prints goes to `logFile`.
 */
export async function startLambda(
  lambda: ResolvedResource,
  options: {
    readonly assembly: string;
    readonly awsEnvironment: Readonly<Record<string, string>>;
    readonly logFile: string;
    /** Is told when the process ends by itself. */
    readonly onEnd: (end: PartEnd) => void;
  },
): Promise<LocalLambda> {
  const { Code, Handler, Environment, Timeout } = lambda.properties as {
    Code: { S3Key: string };
    Handler: string;
    Environment?: { Variables: Record<string, string> };
    Timeout: number;
  };
  const [file = 'index', exportName = 'handler'] = Handler.split('.');
  const module = join(options.assembly, `asset.${Code.S3Key.replace(/\.zip$/, '')}`, `${file}.mjs`);
  const environment = {
    ...options.awsEnvironment,
    ...Environment?.Variables,
    AWS_LAMBDA_FUNCTION_NAME: lambda.physicalName,
  };
  const child = fork(join(import.meta.dirname, 'lambda-host.ts'), [pathToFileURL(module).href, exportName], {
    env: { ...environment, PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const log = createWriteStream(options.logFile);
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });

  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  let isClosing = false;
  let gone: Error | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message: { ready?: true; id?: number; result?: unknown; error?: string }) => {
      if (message.ready) return resolve();
      const invocation = waiting.get(message.id ?? 0);
      waiting.delete(message.id ?? 0);
      if (message.error === undefined) invocation?.resolve(message.result);
      else invocation?.reject(new Error(message.error));
    });
    child.on('exit', (code, signal) => {
      const what = `a Lambda process ended with ${signal ?? `code ${code}`}`;
      gone = new Error(`${what}: see ${options.logFile}`);
      if (!isClosing) options.onEnd({ what, logFile: options.logFile });
      for (const { reject } of waiting.values()) reject(gone);
      reject(gone);
    });
  });
  await ready;

  return {
    invoke: (event) =>
      new Promise((resolve, reject) => {
        if (gone !== undefined) return reject(gone);
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        child.send({ id: lastId, event, timeoutMs: Timeout * 1000 });
      }),
    close: () => {
      isClosing = true;
      child.kill();
    },
    module,
    environment,
  };
}
