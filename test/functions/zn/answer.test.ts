import { describe, expect, test } from 'vitest';
import { answerRequest } from '../../../functions/zn/answer.ts';
import type { BootstrappingInfo, BootstrappingInfoAnswer } from '../../../lib/diameter/index.ts';
import { parseBtid } from '../../../lib/gba/btid.ts';
import {
  encodeBootstrappingInfoRequest,
  parseBootstrappingInfoResponse,
} from '../../../lib/nbsp-gba/bootstrapping-info.ts';
import type { KeyLookUp } from '../../../lib/zn/client.ts';
import { ZnError, type ZnErrorCode } from '../../../lib/zn/errors.ts';
import { INFO, REQUEST } from '../../diameter/messages.ts';
import gba from '../../vectors/gba.json' with { type: 'json' };

const BODY = encodeBootstrappingInfoRequest({
  btId: parseBtid(gba.bTid),
  nafFqdn: gba.nafFqdn,
  uaSecProtId: '0100000001',
  gbaUAware: true,
  gsIds: [4],
});

const found = (change: Partial<BootstrappingInfo> = {}): BootstrappingInfoAnswer => ({
  kind: 'found',
  info: { ...INFO, ...change },
});
const answered = (answer: BootstrappingInfoAnswer) => answerRequest(BODY, async () => answer);
const failed = (code: ZnErrorCode) =>
  answerRequest(BODY, async () => {
    throw new ZnError(code, 'a reason');
  });

describe('a request for keys', () => {
  // @clause TS 29.109 §6.2.2 s3
  test('asks over Zn for what it asks for over HTTP/2', async () => {
    const asked: KeyLookUp[] = [];
    await answerRequest(BODY, async (wanted) => {
      asked.push(wanted);
      return found();
    });
    const { bTid, nafId, gsIds, isGbaUAware } = REQUEST;
    expect(asked).toEqual([{ bTid, nafId: Buffer.from(nafId), gsIds, isGbaUAware }]);
  });

  test('is answered with all that the BSF says', async () => {
    const { status, headers, body, result } = await answered(found());
    expect({ status, headers, result }).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      result: 'found',
    });
    const response = parseBootstrappingInfoResponse(body);
    expect(response).toMatchObject({
      impi: gba.impi,
      keyExpiryTime: INFO.expiresAt,
      bootstrappingInfoCreationTime: INFO.bootstrappedAt,
      gbaType: '3G_GBA',
      ussList: [
        {
          uss: {
            gsId: 4,
            gsType: 4,
            nafGroup: 'tv & radio',
            ueIds: [{ ueId: 'sip:a@home1.net' }],
            keyChoice: 'UICC_BASED_KEY',
          },
        },
      ],
    });
    expect(response.meKeyMaterial.equals(INFO.meKeyMaterial)).toBe(true);
    expect(INFO.uiccKeyMaterial && response.uiccKeyMaterial?.equals(INFO.uiccKeyMaterial)).toBe(true);
  });

  test('is answered without what the BSF does not say', async () => {
    const { body } = await answered(
      found({
        impi: undefined,
        uiccKeyMaterial: undefined,
        expiresAt: undefined,
        bootstrappedAt: undefined,
        gbaType: undefined,
        userSecuritySettings: [],
      }),
    );
    expect(Object.keys(JSON.parse(Buffer.from(body).toString()))).toEqual(['meKeyMaterial']);
  });

  test('keeps the key choice of settings without an identity', async () => {
    const settings = [{ gsId: 4, gsType: 4, ueIds: [], keyChoice: 'ME_BASED_KEY' as const }];
    const { body } = await answered(found({ userSecuritySettings: settings }));
    expect(parseBootstrappingInfoResponse(body).ussList?.[0]?.uss).toMatchObject({
      keyChoice: 'ME_BASED_KEY',
      ueIds: [{ ueId: gba.impi }],
    });
  });

  test.each([
    ['not authorised', 10_415, 5402, 403, 'not-authorized', undefined],
    ['an unknown or expired B-TID', 10_415, 5403, 404, 'unknown', undefined],
    ['an unknown identity', 10_415, 5401, 503, 'refused', '10'],
    ['the code of another vendor', 9, 5403, 503, 'refused', '10'],
  ])('%s: Experimental-Result-Code %i:%i becomes %i', async (_, vendor, code, status, result, retryAfter) => {
    const answer = await answered({ kind: 'refused', result: { kind: 'experimental', vendor, code } });
    expect(answer).toMatchObject({ status, result });
    expect(answer.headers['retry-after']).toBe(retryAfter);
    expect(JSON.parse(Buffer.from(answer.body).toString())).toMatchObject({ status });
  });

  test.each([3003, 5001, 5012])('Result-Code %i becomes 503, and the log says it', async (code) => {
    const answer = await answered({ kind: 'refused', result: { kind: 'base', code } });
    expect(answer).toMatchObject({ status: 503, result: 'refused', detail: `base result ${code}` });
  });

  test.each(['no-peer', 'busy', 'peer-down', 'timeout', 'bad-answer', 'undeliverable', 'closed'] as const)(
    '%s becomes 503 with Retry-After',
    async (code) => {
      const { status, headers, result } = await failed(code);
      expect({ status, result }).toEqual({ status: 503, result: code });
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    },
  );

  test.each([
    ['an IMPI with control characters', { impi: 'a\u0000b@home1.net' }],
    [
      'an identity of 300 characters',
      { userSecuritySettings: [{ gsId: 4, gsType: 4, ueIds: ['x'.repeat(300)] }] },
    ],
  ])('%s is an answer that can’t be read: 503, and no key goes out', async (_, change) => {
    const { status, result, body, detail } = await answered(found(change));
    expect({ status, result }).toEqual({ status: 503, result: 'bad-answer' });
    expect(Buffer.from(body).toString() + detail).not.toContain(gba.ksNaf);
  });

  test.each(['', 'null', '{}', '{"btId":"no b-tid"}', '\u0000'])(
    'with the body %j becomes 400',
    async (body) => {
      const answer = await answerRequest(Buffer.from(body), async () => expect.fail('asked'));
      expect(answer).toMatchObject({ status: 400, result: 'bad-request' });
    },
  );

  test('an error of our own is no answer', async () => {
    await expect(
      answerRequest(BODY, async () => {
        throw new TypeError('ours');
      }),
    ).rejects.toThrow('ours');
  });
});
