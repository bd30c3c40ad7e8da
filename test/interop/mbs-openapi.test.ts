import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SbiClient } from '../../lib/key-source/sbi/client.ts';
import { FULL_VALIDITY } from '../../lib/keys/msk-validity.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { followMbsSession, MBS_UPDATES } from '../../lib/mbs/feed.ts';
import { MbSmf } from '../../lib/mbs/mb-smf.ts';
import { addServiceToKeyGroup, putMsk } from '../../lib/store/key-group/key-group.ts';
import { prepareMsk } from '../../lib/store/key-group/msk-rotation.ts';
import { StandInMbSmf } from '../mbs/stand-in-mb-smf.ts';
import { describeWith } from '../peers.ts';
import { startTable, type TestTable } from '../store/table.ts';
import { DOMAIN } from '../traffic/msks.ts';
import { type Exchange, faultsOf, OPENAPI } from './openapi/validator.ts';

const NOW = Date.UTC(2026, 10, 27, 18);
const SESSIONS = [
  {
    serviceType: 'MULTICAST',
    mbsSessionId: { tmgi: { mbsServiceId: '00aa01', plmnId: { mcc: '001', mnc: '01' } } },
  },
  { serviceType: 'MULTICAST', tmgiAllocReq: true },
  {
    serviceType: 'MULTICAST',
    mbsSessionId: {
      ssm: { sourceIpAddr: { ipv4Addr: '192.0.2.1' }, destIpAddr: { ipv4Addr: '232.0.0.1' } },
    },
  },
];

describeWith(OPENAPI, 'what an MB-SMF gets, by 3GPP’s OpenAPI document and a validator of others,', () => {
  let table: TestTable;
  let mbSmf: StandInMbSmf;
  let client: SbiClient;
  beforeAll(async () => {
    table = await startTable();
    mbSmf = await StandInMbSmf.start();
    client = new SbiClient({ userAgent: 'AF-bmsc.home1.net', timeoutMs: 5000 });
  });
  afterAll(async () => {
    client?.close();
    await mbSmf?.stop();
    await table?.close();
  });

  /** The creation of a session, and its change at a rotation. */
  async function exchangesOf(members: object, update: (typeof MBS_UPDATES)[number], keyGroup: number) {
    const session = {
      name: `s${keyGroup}`,
      keyGroup: { keyDomainId: DOMAIN, keyGroup },
      to: 'mb-smf',
    } as const;
    const context = {
      store: table,
      publish: async () => {},
      mbSmf: new MbSmf({ client, apiRoot: mbSmf.apiRoot, tokens: undefined }),
      update,
      now: () => NOW,
      randomOctets: (length: number) => randomBytes(length),
    };
    const aMsk = () => ({ msk: new SecretKey(randomBytes(16)), validity: FULL_VALIDITY });
    await addServiceToKeyGroup(table, session.keyGroup, 'urn:example:news');
    await putMsk(table, session.keyGroup, { keyNumber: 1, ...aMsk() });
    const look = () => followMbsSession(context, { ...session, members: { ...members } });
    expect(await look()).toBe('created');
    await prepareMsk(table, session.keyGroup, { request: 'r', ...aMsk(), now: NOW, leadTimeMs: 1000 });
    expect(await look()).toBe(update === 'patch' ? 'updated' : 're-created');
    return mbSmf.exchanges.splice(0);
  }

  const asExchange = (each: (typeof mbSmf.exchanges)[number]): Exchange => ({
    ...each,
    document: 'TS29532_Nmbsmf_MBSSession.yaml',
  });

  it.each(
    MBS_UPDATES.flatMap((update) => SESSIONS.map((session, index) => [update, index, session] as const)),
  )('%s of session %i is right', async (update, index, session) => {
    const exchanges = (await exchangesOf(session, update, 10 * MBS_UPDATES.indexOf(update) + index + 1)).map(
      asExchange,
    );
    expect(exchanges.map(({ method }) => method)).toEqual(
      update === 'patch' ? ['POST', 'PATCH'] : ['POST', 'DELETE', 'POST'],
    );
    expect(faultsOf(exchanges)).toEqual(exchanges.map(() => null));
  });

  it('the validator sees what is wrong in a session, its security context and a patch', async () => {
    const [created, patched] = (await exchangesOf(SESSIONS[0] ?? {}, 'patch', 90)).map(asExchange);
    if (created === undefined || patched === undefined) expect.fail();
    const spoil = (exchange: Exchange, from: string | RegExp, to: string) => ({
      ...exchange,
      body: exchange.body.replace(from, to),
    });
    const wrong = [
      spoil(created, '"mskId"', '"mskIdentity"'),
      spoil(created, /"keyList":\{.*?\}\}/, '"keyList":{}'),
      spoil(created, '"serviceType":"MULTICAST",', ''),
      spoil(created, '00aa01', '1'),
      spoil(patched, '"path"', '"at"'),
    ];
    for (const each of wrong) expect([created.body, patched.body]).not.toContain(each.body);
    expect(faultsOf(wrong)).toEqual(wrong.map(() => expect.stringContaining('RequestBody')));
  });
});
