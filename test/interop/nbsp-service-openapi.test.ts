import { connect } from 'node:http2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerRequest } from '../../functions/zn/answer.ts';
import { Http2ResourceServer } from '../../functions/zn/http2-server.ts';
import type { BootstrappingInfoAnswer } from '../../lib/diameter/index.ts';
import {
  BOOTSTRAPPING_INFO_PATH,
  encodeBootstrappingInfoRequest,
} from '../../lib/nbsp-gba/bootstrapping-info.ts';
import { ZnError } from '../../lib/zn/errors.ts';
import { INFO } from '../diameter/messages.ts';
import { BTID } from '../key-source/bsf.ts';
import { describeWith } from '../peers.ts';
import { type Exchange, faultsOf, OPENAPI } from './openapi/validator.ts';

const QUESTION = Buffer.from(
  encodeBootstrappingInfoRequest({
    btId: BTID,
    nafFqdn: 'bmsc.home1.net',
    uaSecProtId: '0100000001',
    gbaUAware: true,
    gsIds: [4],
  }),
).toString('utf8');
const refused = (code: number): BootstrappingInfoAnswer => ({
  kind: 'refused',
  result: { kind: 'experimental', vendor: 10_415, code },
});

describeWith(OPENAPI, 'the Zn service, by 3GPP’s OpenAPI document and a validator of others,', () => {
  let server: Http2ResourceServer;
  let lookUp: () => Promise<BootstrappingInfoAnswer>;
  beforeAll(async () => {
    server = await Http2ResourceServer.listen({
      address: '127.0.0.1',
      port: 0,
      tls: undefined,
      answer: (body) => answerRequest(body, () => lookUp()),
      isReady: () => true,
      onAnswer: () => undefined,
      onError: () => undefined,
    });
  });
  afterAll(() => server.stop(0));

  async function exchange(body: string, type: string): Promise<Exchange> {
    const session = connect(`http://127.0.0.1:${server.port}`);
    const headers = { 'content-type': type };
    const stream = session.request({ ...headers, ':method': 'POST', ':path': BOOTSTRAPPING_INFO_PATH });
    stream.end(body);
    let received: Record<string, unknown> = {};
    stream.on('response', (each) => (received = each));
    const chunks = await stream.toArray();
    session.close();
    const answer = {
      status: Number(received[':status']),
      body: Buffer.concat(chunks).toString('utf8'),
      type: String(received['content-type']),
    };
    const document = 'TS29309_Nbsp_GBA.yaml';
    return { document, method: 'POST', path: BOOTSTRAPPING_INFO_PATH, headers, body, answer };
  }

  it.each<[number, () => Promise<BootstrappingInfoAnswer>]>([
    [200, async () => ({ kind: 'found', info: INFO })],
    [403, async () => refused(5402)],
    [404, async () => refused(5403)],
    [503, async () => refused(5401)],
    [503, () => Promise.reject(new ZnError('timeout', 'no answer'))],
    [500, () => Promise.reject(new Error('broken'))],
  ])('answers %i as it must', async (status, answer) => {
    lookUp = answer;
    const its = await exchange(QUESTION, 'application/json');
    expect(its.answer.status).toBe(status);
    expect(faultsOf([its])).toEqual([null]);
  });

  it.each([
    [400, '{}', 'application/json'],
    [415, QUESTION, 'text/plain'],
    [413, ' '.repeat(20_000), 'application/json'],
  ])('answers a wrong question %i as it must', async (status, body, type) => {
    const its = await exchange(body, type);
    expect(its.answer.status).toBe(status);
    const right = { ...its, body: QUESTION, headers: { 'content-type': 'application/json' } };
    expect(faultsOf([right])).toEqual([null]);
  });
});
