import { requestOfEvent } from '../../lib/front-door/index.ts';
import { digestPasswordOf, mukAndMrkOf } from '../../lib/gba/mbms-keys.ts';
import {
  authorize,
  formatAuthenticationInfo,
  formatAuthorization,
  isResponseCorrect,
  parseAuthorization,
} from '../../lib/http-digest/index.ts';
import { handleKeyRequest } from '../../lib/key-management/key-request.ts';
import {
  decodeMskRequest,
  encodeMskRequest,
  encodeMskResponse,
} from '../../lib/key-management/payload/msk-request.ts';
import { encodeRegisterRequest } from '../../lib/key-management/payload/register.ts';
import { mskId } from '../../lib/keys/msk-id.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { BTID, createBmsc, DOMAIN, freshNonce, provision, SERVICE, send } from '../key-management/bmsc.ts';
import { startTable } from '../store/table.ts';
import { median } from './sender/compare.ts';
import { loadCpuClock } from './sender/cpu-clock.ts';

/** CPU of one MSK request that is granted, in µs. */
export interface LambdaRequest {
  /** Credentials parsed and checked, and Authentication-Info. */
  readonly digestUs: number;
  /** The request decoded and the answer encoded. */
  readonly xmlUs: number;
  /** Digest, XML and all else of ours: the handler with DynamoDB's client left out. */
  readonly oursUs: number;
  readonly dynamodbCalls: number;
}

const ROUNDS = 9;
const REQUESTS = 500;

/**
 * Grants one request on an emulator and then the same again and again: what the client answered is answered from
 * memory, and the nonce count, which the table would refuse, is not kept there.
 */
export async function measureLambdaRequest(progress: (what: string) => void): Promise<LambdaRequest> {
  const cpuNow = await loadCpuClock();
  const table = await startTable();
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
    const answers = new Map<string, unknown>();
    const recorded = table.dynamodb.send.bind(table.dynamodb);
    Object.assign(table.dynamodb, {
      send: async (command: Parameters<typeof recorded>[0]) => {
        const answer = await recorded(command);
        answers.set(command.constructor.name, answer);
        return answer;
      },
    });
    await request();
    Object.assign(table.dynamodb, {
      send: async (command: object) => answers.get(command.constructor.name),
    });
    const authorization = parseAuthorization(header);
    const digest = () => {
      const parsed = parseAuthorization(header);
      if (!isResponseCorrect({ authorization: parsed, password, method: 'POST', entityBody }))
        throw new Error('the credentials are not right');
      formatAuthenticationInfo({ authorization, password, entityBody });
    };
    const xml = () =>
      encodeMskResponse(decodeMskRequest(entityBody).map((key) => ({ ...key, responseCode: 200 })));
    const timed = async (what: string, run: () => unknown) => {
      const rounds: number[] = [];
      for (let round = 0; round <= ROUNDS; round++) {
        progress(`MSK request, ${what}: round ${round} of ${ROUNDS}`);
        const start = cpuNow();
        for (let count = 0; count < REQUESTS; count++) await run();
        if (round > 0) rounds.push((cpuNow() - start) / REQUESTS / 1000);
      }
      return median(rounds);
    };
    return {
      digestUs: await timed('Digest', digest),
      xmlUs: await timed('XML', xml),
      oursUs: await timed('all of ours', request),
      dynamodbCalls: answers.size,
    };
  } finally {
    await table.close();
  }
}
