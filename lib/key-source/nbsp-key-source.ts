import type { Btid } from '../gba/btid.ts';
import { GSID_MBMS } from '../gba/gsid.ts';
import { UA_SECURITY_PROTOCOL_MBMS } from '../gba/naf-id.ts';
import {
  BOOTSTRAPPING_INFO_PATH,
  encodeBootstrappingInfoRequest,
  parseBootstrappingInfoResponse,
} from '../nbsp-gba/bootstrapping-info.ts';
import { NbspError } from '../nbsp-gba/errors.ts';
import type { KeySource, LookUp } from './key-source.ts';
import { networkKeysOf } from './keys-of-bsf.ts';
import { NetworkFunction, type NetworkFunctionOptions } from './sbi/network-function.ts';
import type { SbiResponse } from './sbi/session.ts';

/** What this BM-SC is as a NAF, and how it reaches BSFs. */
export interface NbspOptions extends Omit<NetworkFunctionOptions, 'target' | 'serviceName' | 'scope'> {
  /** Of access tokens; `nbsp-gba` where there is none. */
  readonly scope?: string | undefined;
  /** FQDN by which UEs know the BM-SC. */
  readonly nafFqdn: string;
  /** Whether keys of the UICC are asked for, too. */
  readonly gbaU: boolean;
}

/** What UEs are told to wait after nonsense, in ms. */
const RETRY_AFTER_MS = 5000;

/** A BSF over Nbsp_GBA (TS 29.309). */
export class NbspKeySource implements KeySource {
  readonly #options: NbspOptions;
  readonly #bsf: NetworkFunction;

  constructor(options: NbspOptions) {
    this.#options = options;
    const service = { target: 'GBA_BSF', serviceName: 'nbsp-gba' } as const;
    this.#bsf = new NetworkFunction({ ...options, ...service, scope: options.scope ?? 'nbsp-gba' });
  }

  lookUp(identifier: Btid): Promise<LookUp> {
    const { nafFqdn, gbaU } = this.#options;
    const body = encodeBootstrappingInfoRequest({
      btId: identifier,
      nafFqdn,
      uaSecProtId: Buffer.from(UA_SECURITY_PROTOCOL_MBMS).toString('hex'),
      gbaUAware: gbaU,
      gsIds: [GSID_MBMS],
    });
    const question = { identifier, path: BOOTSTRAPPING_INFO_PATH, body };
    return this.#bsf.ask(question, (response) => this.#lookUpOf(response));
  }

  async close(): Promise<void> {
    this.#options.client.close();
  }

  #lookUpOf({ body }: SbiResponse): LookUp {
    const { now, gbaU } = this.#options;
    try {
      const found = networkKeysOf(parseBootstrappingInfoResponse(body), { now: now(), gbaU });
      return { kind: 'found', found };
    } catch (error) {
      if (!(error instanceof NbspError)) throw error;
      return { kind: 'unavailable', reason: `bad-answer-${error.code}`, retryAfterMs: RETRY_AFTER_MS };
    }
  }
}
