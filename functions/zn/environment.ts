import { hostname } from 'node:os';
import * as v from 'valibot';
import { isDiameterIdentity } from '../../lib/diameter/index.ts';
import type { PeerAddress } from '../../lib/zn/sockets.ts';
import { ZN_VARIABLE } from '../environment-variables.ts';
import { SetupError } from '../errors.ts';
import { decimal, flag, parseVariables, wholeNumber } from '../parse-variables.ts';

const identity = v.pipe(v.string(), v.check(isDiameterIdentity, 'a Diameter identity, which is an FQDN'));

const PEERS_TAKE = 'JSON: one or two of {"address", "port", "identity"}';
const peers = v.pipe(
  v.string(),
  v.parseJson(undefined, PEERS_TAKE),
  v.array(
    v.strictObject({
      address: v.pipe(v.string(), v.nonEmpty()),
      port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
      /** Its Origin-Host; whichever it has, if absent. */
      identity: v.optional(identity),
    }),
  ),
  v.minLength(1, PEERS_TAKE),
  v.maxLength(2, PEERS_TAKE),
);

/** PEM texts of one end of TLS: its certificate and key, and whom it believes. */
const pemTexts = v.pipe(
  v.string(),
  v.parseJson(undefined, 'JSON of certificate, key and ca'),
  v.object({
    certificate: v.optional(v.string()),
    key: v.optional(v.string()),
    ca: v.optional(v.string()),
  }),
);

const SCHEMAS = {
  originHost: identity,
  originRealm: identity,
  originPerTask: v.optional(flag, 'false'),
  destinationRealm: v.optional(identity),
  destinationHost: v.optional(identity),
  peers,
  transport: v.optional(v.picklist(['tcp', 'tls']), 'tcp'),
  tls: v.optional(pemTexts),
  timeoutSeconds: v.optional(decimal(0.1, 30), '1.8'),
  watchdogSeconds: v.optional(decimal(6, 300), '30'),
  maxPending: v.optional(wholeNumber(1, 100_000), '1000'),
  httpAddress: v.optional(v.pipe(v.string(), v.ip()), '0.0.0.0'),
  httpPort: v.optional(wholeNumber(0, 65_535), '8080'),
  httpTls: v.optional(pemTexts),
  healthPort: v.optional(wholeNumber(0, 65_535), '8081'),
  drainSeconds: v.optional(decimal(0, 110), '10'),
};

/** PEM texts, as options of node:tls. */
export interface TlsTexts {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

/** The settings of the service, from the environment of its container. */
export interface ZnSettings {
  readonly origin: { readonly host: string; readonly realm: string };
  readonly destinationRealm: string;
  readonly destinationHost: string | undefined;
  readonly peers: readonly (PeerAddress & { readonly expectedHost: string | undefined })[];
  /** How long a request may take with all its peers. */
  readonly timeoutMs: number;
  /** Tw of RFC 3539. */
  readonly watchdogMs: number;
  /** Requests to one peer that wait for an answer at most. */
  readonly maxPending: number;
  readonly httpAddress: string;
  readonly httpPort: number;
  /** Undefined: HTTP/2 in cleartext, with prior knowledge. */
  readonly httpTls: TlsTexts | undefined;
  readonly healthPort: number;
  /** How long requests in progress may go on when the service stops. */
  readonly drainMs: number;
}

/** @throws SetupError that names the variable and says what it takes, and repeats no value */
export function parseEnvironment(env: NodeJS.ProcessEnv): ZnSettings {
  const parsed = parseVariables(ZN_VARIABLE, SCHEMAS, env);
  const tls = parsed.transport === 'tls' ? tlsTexts(parsed.tls ?? {}) : undefined;
  const host = parsed.originPerTask ? `${nameOfTask()}.${parsed.originHost}` : parsed.originHost;
  if (!isDiameterIdentity(host))
    throw new SetupError('wrong-environment', `${ZN_VARIABLE.originHost} is too long for a task's own name`);
  return {
    origin: { host, realm: parsed.originRealm },
    destinationRealm: parsed.destinationRealm ?? parsed.originRealm,
    destinationHost: parsed.destinationHost,
    peers: parsed.peers.map(({ address, port, identity }) => ({
      host: address,
      port,
      expectedHost: identity,
      tls,
    })),
    timeoutMs: parsed.timeoutSeconds * 1000,
    watchdogMs: parsed.watchdogSeconds * 1000,
    maxPending: parsed.maxPending,
    httpAddress: parsed.httpAddress,
    httpPort: parsed.httpPort,
    httpTls: parsed.httpTls && tlsTexts(parsed.httpTls),
    healthPort: parsed.healthPort,
    drainMs: parsed.drainSeconds * 1000,
  };
}

/** The first label of this machine's name, which on Fargate is the task's own. */
function nameOfTask(): string {
  return hostname()
    .replace(/\..*$/, '')
    .replace(/[^A-Za-z0-9-]/g, '-');
}

function tlsTexts({ certificate, key, ca }: v.InferOutput<typeof pemTexts>): TlsTexts {
  return {
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(ca === undefined ? {} : { ca }),
  };
}
