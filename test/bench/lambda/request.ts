import { fork } from 'node:child_process';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { openTableClient } from '../../../functions/aws-calls/table-client.ts';
import { requestOfEvent } from '../../../lib/front-door/index.ts';
import { digestPasswordOf, mukAndMrkOf } from '../../../lib/gba/mbms-keys.ts';
import {
  authorize,
  formatAuthenticationInfo,
  formatAuthorization,
  isResponseCorrect,
  parseAuthorization,
} from '../../../lib/http-digest/index.ts';
import { handleKeyRequest } from '../../../lib/key-management/key-request.ts';
import {
  decodeMskRequest,
  encodeMskRequest,
  encodeMskResponse,
} from '../../../lib/key-management/payload/msk-request.ts';
import { encodeRegisterRequest } from '../../../lib/key-management/payload/register.ts';
import { mskId } from '../../../lib/keys/msk-id.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { BTID, createBmsc, DOMAIN, freshNonce, provision, SERVICE, send } from '../../key-management/bmsc.ts';
import { startTable } from '../../store/table.ts';
import { median } from '../sender/compare.ts';
import { loadCpuClock } from '../sender/cpu-clock.ts';

/**
 * One MSK request that is granted: CPU in µs, and how many a second one process answers, one after the other.
 */
export interface LambdaRequest {
  /** Credentials parsed and checked, and Authentication-Info. */
  readonly digestUs: number;
  /** The request decoded and an answer encoded, which is only made when an item is not fine. */
  readonly xmlUs: number;
  /** Digest, XML and all else of ours: the handler with DynamoDB's client left out. */
  readonly oursUs: number;
  /** DynamoDB's client: the same calls without a handler. */
  readonly sdkUs: number;
  /** The same calls by the SDK's client as it comes, without what functions/aws-calls makes of it. */
  readonly sdkAsItComesUs: number;
  /** The whole handler. */
  readonly wholeUs: number;
  readonly perSecond: number;
  /** Of a handler that makes the same calls, without authentication and procedure. */
  readonly callsOnlyPerSecond: number;
  readonly dynamodbCalls: number;
}

const ROUNDS = 9;
const REQUESTS = 500;
/** Of those that go over a socket. */
const CALLED = 200;

type Command = Parameters<DynamoDBClient['send']>[0];

/**
 * Grants one request on an emulator and then the same again and again: what the emulator answered is answered
 * again, from memory or over a socket, and the nonce count, which the table would refuse, is not kept there.
 */
export async function measureLambdaRequest(progress: (what: string) => void): Promise<LambdaRequest> {
  const table = await startTable();
  const repeating = await startRepeatingEndpoint(table.endpointUrl);
  try {
    await provision(table);
    const { context } = createBmsc(table);
    const keys = [{ keyDomainId: DOMAIN, mskId: mskId(1, 0) }];
    await send(context, {
      requestType: 'register',
      contentType: 'application/mbms-register+xml',
      body: encodeRegisterRequest([SERVICE]),
    });
    const entityBody = Buffer.from(encodeMskRequest(keys));
    const password = digestPasswordOf(
      mukAndMrkOf({ type: 'GBA_ME', ksNaf: new SecretKey(Buffer.alloc(32, 9)) }).mrk,
    );
    const header = formatAuthorization(
      authorize({
        challenge: {
          realm: '3GPP-bootstrapping@bmsc.home1.net',
          nonce: await freshNonce(context),
          qop: ['auth-int'],
          algorithm: 'MD5',
          stale: false,
        },
        username: BTID,
        password,
        method: 'POST',
        uri: '/keymanagement?requesttype=msk-request',
        entityBody,
        cnonce: 'abc',
        nc: 1,
      }),
    );
    const event = {
      version: '2.0',
      rawPath: '/keymanagement',
      rawQueryString: 'requesttype=msk-request',
      headers: { 'content-type': 'application/mbms-msk+xml', authorization: header },
      body: entityBody.toString('base64'),
      isBase64Encoded: true,
      requestContext: { requestId: 'bench', http: { method: 'POST', sourceIp: '192.0.2.7' } },
    };
    const request = async () => {
      const { response } = await handleKeyRequest(context, requestOfEvent(event));
      if (response.status !== 200) throw new Error(`the MSK request was answered ${response.status}`);
    };
    const recorded: { command: Command; answer: unknown }[] = [];
    const answerBy = (send: (command: Command) => Promise<unknown>) =>
      Object.assign(table.dynamodb, { send });
    answerBy(async (command) => {
      const answer = await repeating.dynamodb.send(command);
      recorded.push({ command, answer });
      return answer;
    });
    await request();
    const answerOf = (asked: Command) =>
      recorded.find(({ command }) => command.constructor === asked.constructor)?.answer;
    const inMemory = () => answerBy(async (command) => answerOf(command));
    const overSocket = () => answerBy((command) => repeating.dynamodb.send(command));
    const callsBy = (client: DynamoDBClient) => async () => {
      for (const { command } of recorded) await client.send(command);
    };
    const authorization = parseAuthorization(header);
    const digest = () => {
      const parsed = parseAuthorization(header);
      if (!isResponseCorrect({ authorization: parsed, password, method: 'POST', entityBody }))
        throw new Error('the credentials are not right');
      formatAuthenticationInfo({ authorization, password, entityBody });
    };
    const xml = () =>
      encodeMskResponse(decodeMskRequest(entityBody).map((key) => ({ ...key, responseCode: 200 })));
    const nothing = () => undefined;
    const measured = await inTurns(
      {
        digest: { requests: REQUESTS, prepare: nothing, run: digest },
        xml: { requests: REQUESTS, prepare: nothing, run: xml },
        ours: { requests: REQUESTS, prepare: inMemory, run: request },
        whole: { requests: CALLED, prepare: overSocket, run: request },
        callsOnly: { requests: CALLED, prepare: nothing, run: callsBy(repeating.dynamodb) },
        sdkAsItComes: { requests: CALLED, prepare: nothing, run: callsBy(repeating.asItComes) },
      },
      progress,
    );
    return {
      digestUs: measured.digest.us,
      xmlUs: measured.xml.us,
      oursUs: measured.ours.us,
      sdkUs: measured.callsOnly.us,
      sdkAsItComesUs: measured.sdkAsItComes.us,
      wholeUs: measured.whole.us,
      perSecond: measured.whole.perSecond,
      callsOnlyPerSecond: measured.callsOnly.perSecond,
      dynamodbCalls: recorded.length,
    };
  } finally {
    repeating.close();
    await table.close();
  }
}

interface Timed {
  readonly us: number;
  readonly perSecond: number;
}

interface Contender {
  readonly requests: number;
  readonly prepare: () => unknown;
  readonly run: () => unknown;
}

/** Each in turn in every round, the first of which is forgotten; the medians of the others. */
async function inTurns<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  progress: (what: string) => void,
): Promise<Readonly<Record<Name, Timed>>> {
  const cpuNow = await loadCpuClock();
  const entries = Object.entries<Contender>(contenders).map(([name, each]) => ({
    ...each,
    name,
    rounds: [] as Timed[],
  }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { name, requests, prepare, run, rounds } of entries) {
      progress(`MSK request, ${name}: round ${round} of ${ROUNDS}`);
      prepare();
      const [cpu, start] = [cpuNow(), performance.now()];
      for (let count = 0; count < requests; count++) await run();
      const perSecond = (requests / (performance.now() - start)) * 1000;
      if (round > 0) rounds.push({ us: (cpuNow() - cpu) / requests / 1000, perSecond });
    }
  }
  return Object.fromEntries(
    entries.map(({ name, rounds }) => [
      name,
      { us: median(rounds.map(({ us }) => us)), perSecond: median(rounds.map((each) => each.perSecond)) },
    ]),
  ) as Record<Name, Timed>;
}

/**
 * A DynamoDB client of the same kind as the function's, and an endpoint that answers again what it has
 * answered once.
 */
async function startRepeatingEndpoint(upstream: string) {
  const child = fork(join(import.meta.dirname, 'repeating-endpoint.ts'), [upstream]);
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message: { port: number }) => resolve(message.port));
    child.once('exit', (code) => reject(new Error(`the endpoint ended with code ${code}`)));
  });
  const config = {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const dynamodb = openTableClient(config);
  const asItComes = new DynamoDBClient(config);
  return {
    dynamodb,
    asItComes,
    close: () => {
      dynamodb.destroy();
      asItComes.destroy();
      child.kill();
    },
  };
}
