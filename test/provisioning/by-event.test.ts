import { randomBytes } from 'node:crypto';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newEvent } from '../../lib/events/envelope.ts';
import type { LocalSystem } from '../../local/system.ts';
import { startTestSystem } from '../local-system.ts';

let system: LocalSystem;
const events: { readonly 'detail-type': string; readonly data: unknown }[] = [];
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

beforeAll(async () => {
  system = await startTestSystem();
  system.onEvent(({ 'detail-type': detailType, detail }) =>
    events.push({ 'detail-type': detailType, data: detail.data }),
  );
}, 60_000);
afterAll(() => system?.close());

test('a BSS provisions an association by event, with a key that only KMS opens, and is answered', async () => {
  const client = { endpoint: system.endpointUrl, region: 'us-east-1', credentials };
  const impi = 'alice@home1.net';
  const bTid = 'I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net';
  const { CiphertextBlob = new Uint8Array() } = await new KMSClient(client).send(
    new EncryptCommand({
      KeyId: system.outputs.EncryptionKeyArn,
      Plaintext: randomBytes(32),
      EncryptionContext: { bTid, impi },
    }),
  );
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const put = async (wrappedKey: string, eventId: string) => {
    const data = {
      impi,
      bTid,
      gbaType: 'GBA_ME',
      wrappedKey,
      bootstrappedAt: new Date().toISOString(),
      expiresAt,
    } as const;
    const event = newEvent('Provision Association', data, { eventId, now: Date.now() });
    const entry = {
      EventBusName: system.outputs.EventBusName,
      Source: system.outputs.CommandSource,
      DetailType: event.detailType,
      Detail: JSON.stringify({ metadata: event.metadata, data }),
    };
    await new EventBridgeClient(client).send(new PutEventsCommand({ Entries: [entry] }));
  };
  const answers = () => events.filter((event) => /^(Association|Provisioning) /.test(event['detail-type']));

  await put(Buffer.from(CiphertextBlob).toString('base64'), 'p1');
  await expect
    .poll(answers, { timeout: 20_000 })
    .toEqual([{ 'detail-type': 'Association Provisioned', data: { impi, bTid, expiresAt } }]);
  await put(randomBytes(60).toString('base64'), 'p2');
  await expect
    .poll(() => answers().at(1)?.data, { timeout: 20_000 })
    .toMatchObject({ reason: 'wrong-wrapping' });
});
