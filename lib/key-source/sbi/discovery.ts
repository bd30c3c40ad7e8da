import * as v from 'valibot';
import { jsonOf } from '../../sbi-json/json-body.ts';
import type { Nrf, TargetNfType } from './access-tokens.ts';
import type { SbiClient } from './client.ts';
import { SbiError } from './errors.ts';

/** How long a discovery is used without a validity period of its own, and at most, in ms. */
const DEFAULT_VALIDITY_MS = 60_000;
const MAX_VALIDITY_MS = 3_600_000;

/** Network functions of one kind that are kept. */
const MAX_FOUND = 20;

const service = v.object({
  serviceName: v.string(),
  scheme: v.optional(v.picklist(['http', 'https']), 'https'),
  nfServiceStatus: v.optional(v.string(), 'REGISTERED'),
  fqdn: v.optional(v.string()),
  apiPrefix: v.optional(v.string(), ''),
  ipEndPoints: v.optional(
    v.array(
      v.object({
        ipv4Address: v.optional(v.string()),
        ipv6Address: v.optional(v.string()),
        port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
      }),
    ),
    [],
  ),
});

/** A search result (TS 29.510 §6.2.6.2.2), in the members that lead to an apiRoot. */
const searchResult = v.object({
  validityPeriod: v.optional(v.pipe(v.number(), v.minValue(0))),
  nfInstances: v.array(
    v.object({
      nfStatus: v.optional(v.string(), 'REGISTERED'),
      priority: v.optional(v.number(), 65_535),
      fqdn: v.optional(v.string()),
      ipv4Addresses: v.optional(v.array(v.string()), []),
      ipv6Addresses: v.optional(v.array(v.string()), []),
      nfServices: v.optional(v.array(v.unknown()), []),
      nfServiceList: v.optional(v.record(v.string(), v.unknown()), {}),
    }),
  ),
});

type Instance = v.InferOutput<typeof searchResult>['nfInstances'][number];

interface Found {
  /** The best one first, and at least one. */
  readonly apiRoots: readonly string[];
  /** ms since the epoch. */
  readonly until: number;
}

/** Finds network functions by the NRF (TS 29.510 §5.3.2.2), and keeps what it found for its validity. */
export class Discovery {
  readonly #client: SbiClient;
  readonly #nrf: Nrf;
  readonly #now: () => number;
  readonly #found = new Map<TargetNfType, Found>();
  readonly #searching = new Map<TargetNfType, Promise<Found>>();

  /** @param now ms since the epoch */
  constructor(client: SbiClient, nrf: Nrf, now: () => number) {
    this.#client = client;
    this.#nrf = nrf;
    this.#now = now;
  }

  /**
   * The apiRoot of a registered network function that offers a service, the one of the best priority.
   * @throws SbiError, `nothing-discovered` when the NRF knows none
   */
  async apiRootOf(target: TargetNfType, serviceName: string): Promise<string> {
    const found = this.#found.get(target);
    const isValid = found !== undefined && this.#now() < found.until;
    const { apiRoots } = isValid ? found : await this.#searchOnce(target, serviceName);
    return apiRoots[0] ?? nothing(target, serviceName);
  }

  /** Passes over a network function that does not answer; after the last one, the NRF is asked again. */
  forget(target: TargetNfType, apiRoot: string): void {
    const found = this.#found.get(target);
    if (found === undefined) return;
    const apiRoots = found.apiRoots.filter((each) => each !== apiRoot);
    if (apiRoots.length === 0) this.#found.delete(target);
    else this.#found.set(target, { ...found, apiRoots });
  }

  #searchOnce(target: TargetNfType, serviceName: string): Promise<Found> {
    const searching = this.#searching.get(target);
    if (searching !== undefined) return searching;
    const searched = this.#search(target, serviceName)
      .then((found) => {
        this.#found.set(target, found);
        return found;
      })
      .finally(() => this.#searching.delete(target));
    this.#searching.set(target, searched);
    return searched;
  }

  async #search(target: TargetNfType, serviceName: string): Promise<Found> {
    const url = new URL(`${this.#nrf.apiRoot.replace(/\/$/, '')}/nnrf-disc/v1/nf-instances`);
    const { nfType } = this.#nrf;
    const query = { 'target-nf-type': target, 'requester-nf-type': nfType, 'service-names': serviceName };
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers = { accept: 'application/json' };
    const { status, body } = await this.#client.call({ method: 'GET', url, headers });
    const parsed = v.safeParse(searchResult, status === 200 ? jsonOf(body) : undefined);
    if (!parsed.success)
      throw new SbiError(
        'discovery-failed',
        `the NRF gives no search result for ${target}: status ${status}`,
      );
    const { nfInstances, validityPeriod = DEFAULT_VALIDITY_MS / 1000 } = parsed.output;
    const apiRoots = nfInstances
      .filter(({ nfStatus }) => nfStatus === 'REGISTERED')
      .sort((one, other) => one.priority - other.priority)
      .flatMap((instance) => apiRootsOf(instance, serviceName))
      .slice(0, MAX_FOUND);
    if (apiRoots.length === 0) nothing(target, serviceName);
    return { apiRoots, until: this.#now() + Math.min(validityPeriod * 1000, MAX_VALIDITY_MS) };
  }
}

function nothing(target: TargetNfType, serviceName: string): never {
  throw new SbiError('nothing-discovered', `the NRF knows no ${target} that offers ${serviceName}`);
}

/** The roots of a service: by its FQDN or that of its network function, else by an address of theirs. */
function apiRootsOf(instance: Instance, serviceName: string): string[] {
  const all = [...instance.nfServices, ...Object.values(instance.nfServiceList)];
  return all.flatMap((each) => {
    const parsed = v.safeParse(service, each);
    if (!parsed.success || parsed.output.serviceName !== serviceName) return [];
    const { scheme, nfServiceStatus, fqdn, apiPrefix, ipEndPoints } = parsed.output;
    if (nfServiceStatus !== 'REGISTERED') return [];
    const [endPoint] = ipEndPoints;
    const v6 = endPoint?.ipv6Address ?? instance.ipv6Addresses[0];
    const address = endPoint?.ipv4Address ?? instance.ipv4Addresses[0] ?? (v6 && `[${v6}]`);
    const host = fqdn ?? instance.fqdn ?? address;
    const port = endPoint?.port === undefined ? '' : `:${endPoint.port}`;
    const root = `${scheme}://${host}${port}${apiPrefix && `/${apiPrefix.replace(/^\/|\/$/g, '')}`}`;
    return host !== undefined && URL.canParse(root) ? [root] : [];
  });
}
