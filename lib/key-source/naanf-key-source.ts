import type { Btid } from '../gba/btid.ts';
import { type Impi, parseImpi } from '../gba/impi.ts';
import {
  APPLICATION_KEY_PATH,
  encodeApplicationKeyRequest,
  parseApplicationKeyResponse,
} from '../naanf-akma/application-key.ts';
import { NaanfError } from '../naanf-akma/errors.ts';
import type { KeySource, LookUp } from './key-source.ts';
import { NetworkFunction, type NetworkFunctionOptions } from './sbi/network-function.ts';
import type { SbiResponse } from './sbi/session.ts';

/** What this BM-SC is as an AF, and how it reaches AAnFs. */
export interface NaanfOptions extends Omit<NetworkFunctionOptions, 'target' | 'serviceName' | 'scope'> {
  /** Of access tokens; `AANF_SCOPE` where there is none. */
  readonly scope?: string | undefined;
  /** AF_ID: FQDN and Ua* security protocol identifier (TS 33.535 annex A.4), as the AAnF knows it. */
  readonly afId: string;
}

/** The SUPI, without which no subscription is found, needs a scope of its own (TS 29.535 annex A.2). */
const AANF_SCOPE = 'naanf-akma naanf-akma:applicationkeyget naanf-akma:applicationkeyget:supi-access';

/** What UEs are told to wait after nonsense, in ms. */
const RETRY_AFTER_MS = 5000;

/** An AAnF over Naanf_AKMA (TS 29.535): A-KID in, K_AF out. */
export class NaanfKeySource implements KeySource {
  readonly #options: NaanfOptions;
  readonly #aanf: NetworkFunction;

  constructor(options: NaanfOptions) {
    this.#options = options;
    const service = { target: 'AANF', serviceName: 'naanf-akma' } as const;
    this.#aanf = new NetworkFunction({ ...options, ...service, scope: options.scope ?? AANF_SCOPE });
  }

  lookUp(identifier: Btid): Promise<LookUp> {
    const { afId } = this.#options;
    const body = encodeApplicationKeyRequest({ afId, aKId: identifier, anonInd: false });
    const question = { identifier, path: APPLICATION_KEY_PATH, body };
    return this.#aanf.ask(question, (response) => this.#lookUpOf(identifier, response));
  }

  async close(): Promise<void> {
    this.#options.client.close();
  }

  #lookUpOf(identifier: Btid, { status, body }: SbiResponse): LookUp {
    if (status === 204) return { kind: 'unknown' };
    try {
      const { kaf, expiry, supi } = parseApplicationKeyResponse(body);
      if (expiry <= this.#options.now()) return nonsense('expired');
      return {
        kind: 'found',
        found: {
          impi: supi === undefined ? undefined : impiOfSupi(supi, identifier),
          keys: { type: 'AKMA', kAf: kaf },
          bootstrappedAt: undefined,
          expiresAt: expiry,
        },
      };
    } catch (error) {
      if (!(error instanceof NaanfError)) throw error;
      return nonsense(error.code);
    }
  }
}

function nonsense(what: string): LookUp {
  return { kind: 'unavailable', reason: `bad-answer-${what}`, retryAfterMs: RETRY_AFTER_MS };
}

/**
 * The IMPI of a SUPI (TS 23.003 §13.3). An IMSI does not say how long its MNC is, so the realm of the A-KID
 * does, which names the home network; it must be that of the IMSI. Undefined when neither gives one.
 */
export function impiOfSupi(supi: string, akid: Btid): Impi | undefined {
  const imsi = /^imsi-(\d{5,15})$/.exec(supi)?.[1];
  const nai = /^nai-(.+)$/.exec(supi)?.[1];
  const text = imsi === undefined ? nai : impiOfImsi(imsi, akid);
  try {
    return text === undefined ? undefined : parseImpi(text);
  } catch {
    return undefined;
  }
}

/** An MNC of two digits has a zero before them in a domain name (TS 23.003 §13.2). */
function impiOfImsi(imsi: string, akid: Btid): string | undefined {
  const plmn = /[@.]mnc(\d)(\d{2})\.mcc(\d{3})\.3gppnetwork\.org$/i.exec(akid);
  if (plmn === null) return undefined;
  const [, first = '', last = '', mcc = ''] = plmn;
  const isHome = imsi.startsWith(mcc + first + last) || (first === '0' && imsi.startsWith(mcc + last));
  return isHome ? `${imsi}@ims.mnc${first}${last}.mcc${mcc}.3gppnetwork.org` : undefined;
}
