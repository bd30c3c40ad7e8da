import type { Btid } from '../../lib/gba/btid.ts';
import { UA_SECURITY_PROTOCOL_MBMS } from '../../lib/gba/naf-id.ts';
import type { KeyRequestContext } from '../../lib/key-management/context.ts';
import { bsfByDomain } from '../../lib/key-source/bsf-by-domain.ts';
import { GuardedKeySource } from '../../lib/key-source/guarded-key-source.ts';
import type { KeySource, LookUp } from '../../lib/key-source/key-source.ts';
import { NaanfKeySource } from '../../lib/key-source/naanf-key-source.ts';
import { NbspKeySource } from '../../lib/key-source/nbsp-key-source.ts';
import { AccessTokens } from '../../lib/key-source/sbi/access-tokens.ts';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { Discovery } from '../../lib/key-source/sbi/discovery.ts';
import { LookUpAllowance } from '../../lib/store/look-up-allowance.ts';
import type { Table } from '../../lib/store/table.ts';
import { readTlsCredentials } from '../tls-credentials.ts';
import type { KeySourceSettings } from './key-source-settings.ts';

/** What the key sources of this function share. */
export interface KeySourceSurroundings {
  readonly nafFqdn: string;
  /** Its items share out the look-ups among all instances. */
  readonly table: Table;
  /** Learns the outcome of each look-up, and how long it took in ms. */
  readonly onLookUp: (lookUp: LookUp, ms: number) => void;
}

/**
 * The key sources that are set, each behind its guard. The connections are opened by the first look-up.
 * @throws SetupError `wrong-secret` when the secret of the network's credentials is not as it should be
 */
export async function createKeySources(
  settings: KeySourceSettings,
  { nafFqdn, table, onLookUp }: KeySourceSurroundings,
): Promise<KeyRequestContext['keySources']> {
  const { bsf, aanf, nrf, tlsSecretArn } = settings;
  const timeoutMs = settings.timeoutSeconds * 1000;
  const tls = tlsSecretArn === undefined ? {} : await readTlsCredentials(tlsSecretArn);
  const client = new SbiClient({ userAgent: `${nrf?.nfType ?? 'AF'}-${nafFqdn}`, tls, timeoutMs });
  const tokens = nrf?.oauth2 ? new AccessTokens(client, nrf, Date.now) : undefined;
  const discovery = nrf && new Discovery(client, nrf, Date.now);
  const allowance = new LookUpAllowance(table, settings.lookUpsPerSecond);
  const guarded = (source: KeySource, apiRootOf: (identifier: Btid) => string | undefined) =>
    new GuardedKeySource({
      source,
      peerOf: (identifier) => apiRootOf(identifier) ?? '',
      allowance,
      timeoutMs,
      unknownMs: settings.unknownSeconds * 1000,
      now: Date.now,
      onLookUp,
    });
  const common = { client, tokens, now: Date.now };
  const bsfOf = bsf && bsfByDomain(bsf);
  const aanfOf = () => aanf?.apiRoot;
  return {
    ...(bsfOf && {
      gba: guarded(
        new NbspKeySource({
          ...common,
          nafFqdn,
          gbaU: bsf.gbaU,
          scope: bsf.scope,
          apiRootOf: bsfOf,
          discovery: bsf.discover ? discovery : undefined,
        }),
        bsfOf,
      ),
    }),
    ...(aanf && {
      akma: guarded(
        new NaanfKeySource({
          ...common,
          afId: aanf.afId ?? nafFqdn + Buffer.from(UA_SECURITY_PROTOCOL_MBMS).toString('hex'),
          scope: aanf.scope,
          apiRootOf: aanfOf,
          discovery: aanf.discover ? discovery : undefined,
        }),
        aanfOf,
      ),
    }),
  };
}
