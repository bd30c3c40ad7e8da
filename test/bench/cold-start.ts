import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { FUNCTION_ALIASES, FUNCTION_BUNDLING } from '../../cdk/constructs/bundling.ts';
import { btidOf } from '../../lib/gba/btid.ts';
import { authorize, formatAuthorization } from '../../lib/http-digest/index.ts';
import { type LocalSystem, startLocalSystem } from '../../local/system.ts';
import { freePorts } from '../free-ports.ts';

/** The cold start of the Key Request function against a function with the DynamoDB client alone. */
export interface ColdStart {
  /** Octets of the minified bundles. */
  readonly bundle: { readonly [Name in Contender]: number };
  /** The first answer is a challenge, as to a UE that has no nonce yet. */
  readonly challenge: FirstAnswer;
  /**
   * The evaluation of the same bundle, ms, with a compile cache that is warm, as it would be if one could be
   * had: a new sandbox has an empty `/tmp`, and one that is shipped with the code must come from the very
   * build of Node.
   */
  readonly cachedEvaluationMs: number;
  /**
   * The first answer takes a read of the table: the UE shows credentials, of an association that is not
   * known.
   */
  readonly read: FirstAnswer;
}

/**
 * Median CPU, ms: of the evaluation of a bundle, for which Lambda gives a whole processor, and of its first
 * call.
 */
export interface ColdCpu {
  readonly evaluationMs: number;
  readonly firstCallMs: number;
}

/**
 * The Key Request function, and the least function: bundled by the same settings, and as the SDK comes, with
 * Node's modules by `import` and with all that the SDK imports later but its ways to credentials.
 */
type Contender = 'keyRequest' | 'dynamodbOnly' | 'asItComes';

/** The contenders, and the median of the rounds' ratios of all CPU until the first answer. */
export interface FirstAnswer {
  readonly cpu: { readonly [Name in Contender]: ColdCpu };
  /** Against `dynamodbOnly`. */
  readonly ratio: number;
  /** Against `asItComes`. */
  readonly ratioToAsItComes: number;
}

const ROUNDS = 15;

/** Credentials of a UE that nobody knows. */
function unknownCredentials(): string {
  const uri = '/keymanagement?requesttype=msk-request';
  return formatAuthorization(
    authorize({
      challenge: {
        realm: '3GPP-bootstrapping@bmsc.home1.net',
        nonce: 'bm90IG9mIHRoaXMgQk0tU0M=',
        qop: ['auth-int'],
        algorithm: 'MD5',
        stale: false,
      },
      username: btidOf({ rand: Buffer.alloc(16), bsfName: 'bsf.home1.net' }),
      password: 'none',
      method: 'POST',
      uri,
      entityBody: BODY,
      cnonce: 'abc',
      nc: 1,
    }),
  );
}

const BODY = Buffer.from('AAAA');

function mskRequest(headers: Readonly<Record<string, string>>): unknown {
  return {
    version: '2.0',
    rawPath: '/keymanagement',
    rawQueryString: 'requesttype=msk-request',
    headers: { 'content-type': 'application/mbms-msk+xml', ...headers },
    body: BODY.toString('base64'),
    isBase64Encoded: true,
    requestContext: { requestId: 'bench', http: { method: 'POST', sourceIp: '192.0.2.1' } },
  };
}

/** All bundles in turn, a new process each time. */
export async function measureColdStart(progress: (what: string) => void): Promise<ColdStart> {
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-cold-start-'));
  const system = await startLocalSystem(await freePorts(), () => {});
  try {
    const contenders = {
      keyRequest: system.lambda.module,
      dynamodbOnly: await leastFunction(join(folder, 'dynamodb-only.mjs'), {
        external: [...FUNCTION_BUNDLING.externalModules],
        alias: FUNCTION_ALIASES,
      }),
      asItComes: await leastFunction(join(folder, 'as-it-comes.mjs'), {
        external: FUNCTION_BUNDLING.externalModules.filter((name) => name.includes('credential-provider')),
      }),
    };
    const compare = (what: string, event: unknown) =>
      inTurns((contender) => firstAnswer(contenders[contender], event, system), what, progress);
    const cached = async (event: unknown) => {
      const cache = { NODE_COMPILE_CACHE: join(folder, 'compile-cache') };
      const rounds: ColdCpu[] = [];
      for (let round = 0; round <= ROUNDS; round++) {
        progress(`cold start, compile cache: round ${round} of ${ROUNDS}`);
        const cpu = await firstAnswer(contenders.keyRequest, event, system, cache);
        if (round > 0) rounds.push(cpu);
      }
      return medianOf(rounds).evaluationMs;
    };
    return {
      bundle: {
        keyRequest: statSync(contenders.keyRequest).size,
        dynamodbOnly: statSync(contenders.dynamodbOnly).size,
        asItComes: statSync(contenders.asItComes).size,
      },
      challenge: await compare('challenge', mskRequest({})),
      cachedEvaluationMs: await cached(mskRequest({})),
      read: await compare('read', mskRequest({ authorization: unknownCredentials() })),
    };
  } finally {
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every contender in turn in each round. */
async function inTurns(
  measure: (contender: Contender) => Promise<ColdCpu>,
  what: string,
  progress: (what: string) => void,
): Promise<FirstAnswer> {
  const rounds: { readonly [Name in Contender]: ColdCpu }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    progress(`cold start, ${what}: round ${round + 1} of ${ROUNDS}`);
    rounds.push({
      keyRequest: await measure('keyRequest'),
      dynamodbOnly: await measure('dynamodbOnly'),
      asItComes: await measure('asItComes'),
    });
  }
  const ratioTo = (other: Contender) =>
    median(rounds.map((round) => sumOf(round.keyRequest) / sumOf(round[other])));
  return {
    cpu: {
      keyRequest: medianOf(rounds.map(({ keyRequest }) => keyRequest)),
      dynamodbOnly: medianOf(rounds.map(({ dynamodbOnly }) => dynamodbOnly)),
      asItComes: medianOf(rounds.map(({ asItComes }) => asItComes)),
    },
    ratio: ratioTo('dynamodbOnly'),
    ratioToAsItComes: ratioTo('asItComes'),
  };
}

/** Bundles the least function into a file. */
async function leastFunction(
  outfile: string,
  settings: Pick<BuildOptions, 'external' | 'alias'>,
): Promise<string> {
  const { banner, format, mainFields, minify, target } = FUNCTION_BUNDLING;
  await build({
    ...settings,
    entryPoints: [join(import.meta.dirname, 'cold-start/dynamodb-only.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    banner: { js: banner },
    format,
    mainFields: [...mainFields],
    minify,
    target,
    logLevel: 'error',
  });
  return outfile;
}

function firstAnswer(
  module: string,
  event: unknown,
  system: LocalSystem,
  environment: Readonly<Record<string, string>> = {},
): Promise<ColdCpu> {
  return new Promise((resolve, reject) => {
    const child = fork(
      join(import.meta.dirname, 'cold-start/host.ts'),
      [pathToFileURL(module).href, JSON.stringify(event)],
      {
        env: { ...system.lambda.environment, PATH: process.env.PATH, ...environment },
        stdio: ['ignore', 'ignore', 2, 'ipc'],
      },
    );
    child.once('message', (message: HostMessage) => {
      const { evaluationCpuMs: evaluationMs, firstCallCpuMs: firstCallMs } = message;
      if (message.answer.statusCode === 401) resolve({ evaluationMs, firstCallMs });
      else reject(new Error(`expected 401, got ${JSON.stringify(message.answer)}`));
    });
    child.once('exit', (code) => reject(new Error(`the bundle's process ended with code ${code}`)));
  });
}

interface HostMessage {
  readonly evaluationCpuMs: number;
  readonly firstCallCpuMs: number;
  readonly answer: { readonly statusCode?: number };
}

function sumOf({ evaluationMs, firstCallMs }: ColdCpu): number {
  return evaluationMs + firstCallMs;
}

function medianOf(rounds: readonly ColdCpu[]): ColdCpu {
  return {
    evaluationMs: median(rounds.map(({ evaluationMs }) => evaluationMs)),
    firstCallMs: median(rounds.map(({ firstCallMs }) => firstCallMs)),
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
