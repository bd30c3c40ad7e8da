import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { withResolvers } from '../../lib/with-resolvers.ts';
import type { PartEnd } from '../part-end.ts';
import { traceOfInvocation } from './lambda-trace.ts';
import type { ResolvedResource } from './template.ts';

/** What a Lambda function needs in addition to its template. */
export interface LambdaOptions {
  /** The folder of the cloud assembly, which has the bundles. */
  readonly assembly: string;
  /** Variables in addition to those of the template. */
  readonly awsEnvironment: Readonly<Record<string, string>>;
  /** Variables that replace or extend those of the template. */
  readonly changes?: Readonly<Record<string, string>> | undefined;
  readonly logFile: string;
  /** Called when the process ends unexpectedly. */
  readonly onEnd: (end: PartEnd) => void;
}

/** A message from the process: that it has loaded the handler, or the outcome of an invocation. */
interface HostMessage {
  readonly ready?: true;
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Invocation {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A Lambda function that runs in a process of its own. */
export class LocalLambda {
  /** File of the bundle. */
  readonly module: string;
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #child: ChildProcess;
  readonly #timeoutMs: number;
  readonly #isTraced: boolean;
  readonly #options: LambdaOptions;
  readonly #ready = withResolvers<void>();
  /** Invocations without an outcome yet, by their IDs. */
  readonly #invocations = new Map<number, Invocation>();
  #lastId = 0;
  #isClosing = false;
  #gone: Error | undefined;

  private constructor(lambda: ResolvedResource, options: LambdaOptions) {
    const { Code, Handler, Environment, Timeout, TracingConfig } = lambda.properties as {
      Code: { S3Key: string };
      Handler: string;
      Environment?: { Variables: Record<string, string> };
      Timeout: number;
      TracingConfig?: { Mode: 'Active' | 'PassThrough' };
    };
    const [file = 'index', exportName = 'handler'] = Handler.split('.');
    this.module = join(options.assembly, `asset.${Code.S3Key.replace(/\.zip$/, '')}`, `${file}.mjs`);
    this.environment = {
      ...options.awsEnvironment,
      ...Environment?.Variables,
      AWS_LAMBDA_FUNCTION_NAME: lambda.physicalName,
      ...options.changes,
    };
    this.#timeoutMs = Timeout * 1000;
    this.#isTraced = TracingConfig?.Mode === 'Active';
    this.#options = options;
    const host = join(import.meta.dirname, 'lambda-host.ts');
    this.#child = fork(host, [pathToFileURL(this.module).href, exportName], {
      env: {
        ...this.environment,
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const log = createWriteStream(options.logFile);
    this.#child.stdout?.pipe(log, { end: false });
    this.#child.stderr?.pipe(log, { end: false });
    this.#child.on('message', (message: HostMessage) => this.#onMessage(message));
    this.#child.on('exit', (code, signal) => this.#onExit(signal ?? `code ${code}`));
  }

  /**
   * Starts the bundle that `cdk synth` made for a function, with the environment of its template and
   * `awsEnvironment` only. Its output goes to `logFile`.
   * @throws Error when the process ends before it has loaded the handler
   */
  static async start(lambda: ResolvedResource, options: LambdaOptions): Promise<LocalLambda> {
    const started = new LocalLambda(lambda, options);
    await started.#ready.promise;
    return started;
  }

  /**
   * @param traceHeader names the trace of whoever invokes
   * @throws Error of the handler, or that the process is gone
   */
  invoke(event: unknown, traceHeader?: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== undefined) return reject(this.#gone);
      this.#lastId += 1;
      this.#invocations.set(this.#lastId, { resolve, reject });
      const trace = traceOfInvocation(traceHeader, { isActive: this.#isTraced });
      this.#child.send({ id: this.#lastId, event, timeoutMs: this.#timeoutMs, trace });
    });
  }

  /** Ends the process, and waits until it is gone. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#gone !== undefined) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill();
    await exited;
  }

  #onMessage({ ready, id = 0, result, error }: HostMessage): void {
    if (ready) this.#ready.resolve();
    const invocation = this.#invocations.get(id);
    this.#invocations.delete(id);
    if (error === undefined) invocation?.resolve(result);
    else invocation?.reject(new Error(error));
  }

  #onExit(how: string): void {
    const { logFile, onEnd } = this.#options;
    const what = `a Lambda process ended with ${how}`;
    this.#gone = new Error(`${what}: see ${logFile}`);
    if (!this.#isClosing) onEnd({ what, logFile });
    for (const { reject } of this.#invocations.values()) reject(this.#gone);
    this.#ready.reject(this.#gone);
  }
}
