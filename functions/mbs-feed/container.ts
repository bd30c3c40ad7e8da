import { randomBytes } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KMSClient } from '@aws-sdk/client-kms';
import * as v from 'valibot';
import { publishEvents } from '../../lib/events/publish.ts';
import { AccessTokens } from '../../lib/key-source/sbi/access-tokens.ts';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import type { MbsFeedContext, MbsSession, MbsStatusSettings } from '../../lib/mbs/feed.ts';
import { MbSmf } from '../../lib/mbs/mb-smf.ts';
import { createKeyStore } from '../../lib/store/create-key-store.ts';
import { MBS_FEED_VARIABLE } from '../environment-variables.ts';
import { parseVariables } from '../parse-variables.ts';
import { readTlsCredentials } from '../tls-credentials.ts';
import { type MbsFeedSettings, mbsFeedOfText, sessionsOf } from './settings.ts';

const SCHEMAS = {
  tableName: v.string(),
  keyArn: v.string(),
  eventBusName: v.string(),
  nafFqdn: v.string(),
  mbs: mbsFeedOfText,
};

/** What the handler works with. */
export interface MbsFeedParts {
  readonly context: MbsFeedContext;
  readonly sessions: readonly MbsSession[];
}

/**
 * Made once for each instance of the Lambda.
 * @throws SetupError that names each variable that is missing or wrong, or a secret that is
 */
export async function createParts(env: NodeJS.ProcessEnv): Promise<MbsFeedParts> {
  const { tableName, keyArn, eventBusName, nafFqdn, mbs } = parseVariables(MBS_FEED_VARIABLE, SCHEMAS, env);
  const bus = { eventBridge: new EventBridgeClient({}), eventBusName };
  return {
    context: {
      store: createKeyStore({
        dynamodb: new DynamoDBClient({}),
        tableName,
        kms: () => new KMSClient({}),
        keyArn,
      }),
      publish: (events) => publishEvents(bus, events),
      mbSmf: await createMbSmf(mbs, nafFqdn),
      update: mbs.mbSmf?.update ?? 're-create',
      status: statusOf(mbs),
      now: Date.now,
      randomOctets: (length) => randomBytes(length),
    },
    sessions: sessionsOf(mbs),
  };
}

function statusOf({ status }: MbsFeedSettings): MbsStatusSettings | undefined {
  if (status?.notifyUri === undefined) return undefined;
  const { notifyUri, onRelease, expiryHours } = status;
  return { notifyUri, onRelease, expiryMs: expiryHours * 3_600_000 };
}

async function createMbSmf(
  { mbSmf, nrf, tlsSecretArn }: MbsFeedSettings,
  fqdn: string,
): Promise<MbSmf | undefined> {
  if (mbSmf === undefined) return undefined;
  const client = new SbiClient({
    userAgent: `${nrf?.nfType ?? 'AF'}-${fqdn}`,
    tls: tlsSecretArn === undefined ? {} : await readTlsCredentials(tlsSecretArn),
    timeoutMs: mbSmf.timeoutSeconds * 1000,
  });
  const tokens = nrf?.oauth2 ? new AccessTokens(client, nrf, Date.now) : undefined;
  return new MbSmf({ client, apiRoot: mbSmf.apiRoot, tokens, scope: mbSmf.scope });
}
