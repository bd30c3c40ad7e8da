import * as v from 'valibot';
import type { Btid } from '../gba/btid.ts';
import { type Impi, parseImpi } from '../gba/impi.ts';
import { SecretKey } from '../keys/secret-key.ts';
import type { KeySource, LookUp } from './key-source.ts';
import { jsonOf } from './sbi/json.ts';
import { NetworkFunction, type NetworkFunctionOptions } from './sbi/network-function.ts';
import type { SbiResponse } from './sbi/session.ts';

/** What this BM-SC is as an AF, and how it reaches AAnFs. */
export interface NaanfOptions extends Omit<NetworkFunctionOptions, 'target' | 'serviceName'> {
  /** AF_ID: FQDN and Ua* security protocol identifier (TS 33.535 annex A.4), as the AAnF knows it. */
  readonly afId: string;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** The resource below the apiRoot (TS 29.535 §5.1). */
export const APPLICATION_KEY_PATH = '/naanf-akma/v1/retrieve-applicationkey';

/** What UEs are told to wait after nonsense, in ms. */
const RETRY_AFTER_MS = 5000;

/** AkmaAfKeyData (TS 29.522, AKMA API); `kaf` is 64 hex digits, docs/conformance.md. */
const keyData = v.object({
  kaf: v.pipe(v.string(), v.regex(/^[A-Fa-f0-9]{64}$/)),
  expiry: v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}T/), v.transform(Date.parse), v.finite()),
  supi: v.optional(v.pipe(v.string(), v.maxLength(300))),
});

/** An AAnF over Naanf_AKMA (TS 29.535): A-KID in, K_AF out. */
export class NaanfKeySource implements KeySource {
  readonly #options: NaanfOptions;
  readonly #aanf: NetworkFunction;

  constructor(options: NaanfOptions) {
    this.#options = options;
    this.#aanf = new NetworkFunction({ ...options, target: 'AANF', serviceName: 'naanf-akma' });
  }

  lookUp(identifier: Btid): Promise<LookUp> {
    const body = Buffer.from(JSON.stringify({ afId: this.#options.afId, aKId: identifier, anonInd: false }));
    const question = { identifier, path: APPLICATION_KEY_PATH, body };
    return this.#aanf.ask(question, (response) => this.#lookUpOf(identifier, response));
  }

  async close(): Promise<void> {
    this.#options.client.close();
  }

  #lookUpOf(identifier: Btid, { status, body }: SbiResponse): LookUp {
    if (status === 204) return { kind: 'unknown' };
    const parsed = v.safeParse(keyData, jsonOf(body));
    if (!parsed.success) return nonsense('malformed');
    const { kaf, expiry, supi } = parsed.output;
    if (expiry <= this.#options.now()) return nonsense('expired');
    return {
      kind: 'found',
      found: {
        impi: supi === undefined ? undefined : impiOfSupi(supi, identifier),
        keys: { type: 'AKMA', kAf: new SecretKey(Buffer.from(kaf, 'hex')) },
        bootstrappedAt: undefined,
        expiresAt: expiry,
      },
    };
  }
}

function nonsense(what: string): LookUp {
  return { kind: 'unavailable', reason: `bad-answer-${what}`, retryAfterMs: RETRY_AFTER_MS };
}

/**
 * The IMPI of a SUPI (TS 23.003 §13.3). An IMSI does not say how long its MNC is, so the realm of the A-KID
 * does, which names the home network. Undefined when neither gives one.
 */
export function impiOfSupi(supi: string, akid: Btid): Impi | undefined {
  const imsi = /^imsi-(\d{5,15})$/.exec(supi)?.[1];
  const plmn = /mnc\d{3}\.mcc\d{3}\.3gppnetwork\.org$/.exec(akid)?.[0];
  const nai = /^nai-(.+)$/.exec(supi)?.[1];
  const text = imsi !== undefined && plmn !== undefined ? `${imsi}@ims.${plmn}` : nai;
  try {
    return text === undefined ? undefined : parseImpi(text);
  } catch {
    return undefined;
  }
}
