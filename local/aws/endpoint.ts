import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import dynalite from 'dynalite';
import { LOCAL_ACCOUNT } from '../../cli/emulator/account.ts';
import { hostAndPort } from '../../lib/address/host-and-port.ts';
import { AwsError } from './aws-error.ts';
import { createQueues, createTables } from './create-resources.ts';
import type { DataFolder } from './data-folder.ts';
import { LocalEcs } from './ecs.ts';
import { LocalEventBus } from './event-bus.ts';
import { LocalFunctions } from './functions.ts';
import { LocalKms } from './kms.ts';
import { listen } from './listen.ts';
import {
  type AwsAnswer,
  errorAnswer,
  noSuchAction,
  type Protocol,
  protocolOf,
  serviceOf,
} from './protocol.ts';
import { LocalScheduler } from './scheduler.ts';
import { LocalSecrets } from './secrets.ts';
import { LocalSqs } from './sqs.ts';
import { describeStacksXml } from './stacks-xml.ts';
import type { ResolvedStacks } from './template.ts';

/** A request of an SDK, read whole. */
interface AwsRequest {
  readonly method: string;
  /** Service and action, as the JSON protocols name them in `x-amz-target`; empty for the other protocols. */
  readonly service: string;
  readonly action: string;
  readonly protocol: Protocol;
  readonly url: URL;
  readonly body: string;
  /** Aborts when the client has hung up. */
  readonly hungUp: AbortSignal;
}

/**
 * Where the stand-in for AWS listens, and where it keeps its table, keys and secrets; undefined: in memory.
 */
export interface EndpointOptions {
  readonly address?: string;
  readonly data?: DataFolder | undefined;
}

/**
 * One address that stands in for AWS: DynamoDB, SQS, EventBridge and its Scheduler, KMS, Secrets Manager,
 * what ECS tells of the sender, and the outputs of CloudFormation's stacks.
 */
export class AwsEndpoint {
  readonly url: string;
  /** The functions that rules have as targets; each is added when it is started. */
  readonly functions: LocalFunctions;
  readonly ecs: LocalEcs;
  readonly #stacks: ResolvedStacks;
  readonly #dynamodb: Server;
  readonly #sqs: LocalSqs;
  readonly #bus: LocalEventBus;
  readonly #scheduler: LocalScheduler;
  readonly #kms: LocalKms;
  readonly #secrets: LocalSecrets;
  readonly #server: Server;

  private constructor(stacks: ResolvedStacks, port: number, options: EndpointOptions & { address: string }) {
    const { address, data } = options;
    const arnsOf = (type: string) => stacks.resourcesOfType(type).map(({ arn }) => arn);
    this.url = `http://${hostAndPort({ address, port })}`;
    this.#stacks = stacks;
    this.#dynamodb = dynalite({ createTableMs: 0, ...(data && { path: data.tables }) });
    this.#sqs = new LocalSqs(this.url);
    this.functions = new LocalFunctions(stacks, this.#sqs);
    this.#bus = new LocalEventBus(stacks, this.#sqs, this.functions);
    this.#scheduler = new LocalScheduler(stacks, (request) => this.#bus.putEvents(request));
    this.ecs = new LocalEcs(stacks);
    this.#kms = new LocalKms(arnsOf('AWS::KMS::Key'), data?.texts('keys'));
    this.#secrets = new LocalSecrets(arnsOf('AWS::SecretsManager::Secret'), data?.texts('secrets'));
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  /**
   * Starts on a loopback address, with the tables, queues, bus, rules, keys and secrets of the stacks.
   * @throws PortTakenError, DataFolderError
   */
  static async start(
    stacks: ResolvedStacks,
    port: number,
    { address = '127.0.0.1', data }: EndpointOptions = {},
  ): Promise<AwsEndpoint> {
    const endpoint = new AwsEndpoint(stacks, port, { address, data });
    createQueues(stacks, endpoint.#sqs);
    await listen(endpoint.#server, port, address);
    try {
      await createTables(stacks, endpoint.url);
    } catch (error) {
      await endpoint.close();
      throw error;
    }
    return endpoint;
  }

  /** Calls the listener for every event on the bus. */
  get onEvent(): LocalEventBus['onEvent'] {
    return (listener) => this.#bus.onEvent(listener);
  }

  async close(): Promise<void> {
    this.#scheduler.close();
    this.#bus.close();
    this.#dynamodb.removeAllListeners();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const target = String(request.headers['x-amz-target'] ?? '');
    if (target.startsWith('DynamoDB_')) this.#dynamodb.emit('request', request, response);
    else
      this.#respond(request, response, target).catch(() => {
        // The client is gone.
        response.destroy();
      });
  }

  async #respond(request: IncomingMessage, response: ServerResponse, target: string): Promise<void> {
    const hangUp = new AbortController();
    response.on('close', () => hangUp.abort());
    const [service = '', action = ''] = target.split('.');
    const protocol = protocolOf(request.headers);
    const url = new URL(request.url ?? '/', this.url);
    const body = await textOf(request);
    const { method = '' } = request;
    try {
      const asked = { method, service: service || serviceOf(request.headers), action, protocol, url, body };
      send(response, await this.#answer({ ...asked, hungUp: hangUp.signal }));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      send(
        response,
        errorAnswer(
          error instanceof AwsError ? error : new AwsError('ValidationException', message),
          protocol,
        ),
      );
    }
  }

  /** @throws AwsError, and any other error for a request that can't be read */
  async #answer(request: AwsRequest): Promise<AwsAnswer> {
    const { service, action, method, protocol, url, body, hungUp } = request;
    switch (service) {
      case 'AmazonSQS':
        return json(await this.#sqs.answer(action, JSON.parse(body), hungUp));
      case 'AWSEvents':
        return json(await this.#bus.answer(action, JSON.parse(body)));
      case 'TrentService':
        return json(this.#kms.answer(action, JSON.parse(body)));
      case 'AmazonEC2ContainerServiceV20141113':
        return json(this.ecs.answer(action));
      case 'secretsmanager':
        return json(this.#secrets.answer(action, JSON.parse(body)));
      default:
    }
    if (url.pathname.startsWith('/2015-03-31/functions/')) return this.functions.answer(url, body);
    if (url.pathname.startsWith('/schedules/')) return json(this.#scheduler.answer(method, url, body));
    if (protocol === 'query') return this.#answerForm(new URLSearchParams(body));
    throw noSuchAction(
      action ? `${service}.${action}` : `${service} ${method} ${url.pathname}`.trim(),
      protocol,
    );
  }

  /** CloudFormation and the Security Token Service take forms. @throws AwsError */
  #answerForm(form: URLSearchParams): AwsAnswer {
    const action = form.get('Action') ?? '';
    if (action === 'GetCallerIdentity') return xml(callerIdentityXml());
    if (action !== 'DescribeStacks') throw noSuchAction(action, 'query');
    const asked = form.get('StackName');
    const stacks = this.#stacks.names
      .filter((stackName) => asked === null || asked === stackName)
      .map((stackName) => ({ stackName, outputs: this.#stacks.outputsOf(stackName) ?? {} }));
    if (asked !== null && stacks.length === 0)
      throw new AwsError('ValidationError', `Stack with id ${asked} does not exist`);
    return xml(describeStacksXml(stacks));
  }
}

function send(response: ServerResponse, { status, contentType, body, errorType }: AwsAnswer): void {
  const headers = { 'content-type': contentType, ...(errorType && { 'x-amzn-errortype': errorType }) };
  response.writeHead(status, headers).end(body);
}

function xml(body: string): AwsAnswer {
  return { status: 200, contentType: 'text/xml', body };
}

/** Whoever asks is the account itself: credentials are not looked at. */
function callerIdentityXml(): string {
  const identity = `<Arn>arn:aws:iam::${LOCAL_ACCOUNT}:root</Arn><UserId>${LOCAL_ACCOUNT}</UserId>`;
  const result = `${identity}<Account>${LOCAL_ACCOUNT}</Account>`;
  return `<GetCallerIdentityResponse><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`;
}

function json(value: unknown): AwsAnswer {
  return { status: 200, contentType: 'application/x-amz-json-1.1', body: JSON.stringify(value) };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
