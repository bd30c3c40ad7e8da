import { type Btid, btidOf } from '../../../lib/gba/btid.ts';
import { digestPasswordOf, mukAndMrkOf } from '../../../lib/gba/mbms-keys.ts';
import { nafId } from '../../../lib/gba/naf-id.ts';
import { ksNafOf } from '../../../lib/gba/naf-keys.ts';
import { associationOf } from '../../../lib/ue/bootstrapping/associations.ts';
import type { BootstrappedSession } from '../../../lib/ue/bootstrapping/bootstrap.ts';
import { expectThat, NotVisible, type Requirement, visible } from '../requirement.ts';
import type { BmscUnderTest } from './subject.ts';

type BmscRequirement = Requirement<BmscUnderTest>;

/** A NAF that is not under test, and the last octet of another Ua protocol (TS 33.220 annex H.3). */
export const OTHER_NAF = 'naf.conformance.example';
const OTHER_PROTOCOL = 0x02;

/** The domain of a BSF that no NAF knows. */
export const OTHER_BSF = 'bsf.conformance.example';

/** A run of Ub, once for all requirements that look at it. @throws NotVisible without a BSF */
function session(bmsc: BmscUnderTest, which: 'first' | 'second'): Promise<BootstrappedSession> {
  return bmsc.once(`${which} session`, async () => {
    const { bootstrap } = bmsc.target;
    const run = visible(bootstrap, 'with --bsf and --sim the UE bootstraps, and this can be seen');
    await bmsc.accepted();
    if (which === 'second') await session(bmsc, 'first');
    bmsc.note(`a ${which} run of Ub`);
    return run();
  });
}

/** The Digest passwords that follow from a run of Ub: that for the NAF under test, and others. */
export function passwordsOf(run: BootstrappedSession, nafFqdn: string) {
  const passwordOf = (naf: Uint8Array) =>
    digestPasswordOf(mukAndMrkOf({ type: 'GBA_ME', ksNaf: ksNafOf({ ...run, nafId: naf }) }).mrk);
  const otherProtocol = Uint8Array.from(nafId(nafFqdn));
  otherProtocol[otherProtocol.length - 1] = OTHER_PROTOCOL;
  return {
    own: digestPasswordOf(associationOf(run, { nafFqdn, gbaType: 'GBA_ME' }).mrk),
    otherNaf: passwordOf(nafId(OTHER_NAF)),
    otherProtocol: passwordOf(otherProtocol),
  };
}

/** Sends a request that changes nothing, with the credentials of a run of Ub. */
async function statusFor(bmsc: BmscUnderTest, username: Btid, password: string): Promise<number> {
  const parts = bmsc.registration([bmsc.profile.services.unknown]);
  const { answer } = await bmsc.signed(parts, { username, password });
  return answer.status;
}

/** The password of the NAF under test, for a run. */
function ownPassword({ target }: BmscUnderTest, run: BootstrappedSession): string {
  const { passwordOf } = target;
  return passwordOf === undefined ? passwordsOf(run, target.association.nafFqdn).own : passwordOf(run);
}

async function expectTaken(bmsc: BmscUnderTest, which: 'first' | 'second'): Promise<string> {
  const run = await session(bmsc, which);
  const status = await statusFor(bmsc, run.btid, ownPassword(bmsc, run));
  expectThat(status === 200, `a B-TID that the BSF has just given is answered with ${status}`);
  return `${run.btid} is taken`;
}

async function expectRefused(
  bmsc: BmscUnderTest,
  password: (run: BootstrappedSession) => string | Promise<string>,
): Promise<string> {
  const run = await session(bmsc, 'second');
  if ((await statusFor(bmsc, run.btid, ownPassword(bmsc, run))) !== 200)
    throw new NotVisible('the BM-SC does not take the B-TID with its own key');
  const status = await statusFor(bmsc, run.btid, await password(run));
  expectThat(status === 401, `the status is ${status}`);
  return 'status 401';
}

/** The BM-SC as a NAF whose UE bootstraps; the last requirements, as the first B-TID is replaced. */
export const NAF: readonly BmscRequirement[] = [
  {
    // @clause TS 24.109 annex B.2 s1
    id: 'naf-bootstrapped',
    clause: 'TS 24.109 annex B.2',
    certainty: 'V',
    asked: 'The BM-SC has the key of a B-TID from the BSF: a UE that has just bootstrapped is authenticated.',
    level: 'shall',
    check: (bmsc) => expectTaken(bmsc, 'first'),
  },
  {
    // @clause TS 24.109 §5.2.5 s2
    id: 'naf-bootstrapped-again',
    clause: 'TS 24.109 §5.2.5',
    certainty: 'V2',
    asked: 'A UE that bootstraps again is authenticated under its new B-TID.',
    level: 'shall',
    check: (bmsc) => expectTaken(bmsc, 'second'),
  },
  {
    // @clause TS 33.220 annex B.3 s4
    id: 'naf-other-naf',
    clause: 'TS 33.220 annex B.3',
    certainty: 'V',
    asked: 'The key is that of the NAF_Id: credentials made with the key of another NAF get 401.',
    level: 'shall',
    check: (bmsc) => expectRefused(bmsc, (run) => passwordsOf(run, bmsc.target.association.nafFqdn).otherNaf),
  },
  {
    // @clause TS 33.220 annex H.3 s1
    id: 'naf-other-protocol',
    clause: 'TS 33.220 annex H.3',
    certainty: 'V',
    asked: 'The Ua protocol is 0100000001: credentials made with the key of another one get 401.',
    level: 'shall',
    check: (bmsc) =>
      expectRefused(bmsc, (run) => passwordsOf(run, bmsc.target.association.nafFqdn).otherProtocol),
  },
  {
    // @clause TS 33.220 annex B.3 s3
    id: 'naf-other-session',
    clause: 'TS 33.220 annex B.3',
    certainty: 'V',
    asked: 'The key follows from RAND: that of an earlier run under the new B-TID gets 401.',
    level: 'shall',
    check: (bmsc) => expectRefused(bmsc, async () => ownPassword(bmsc, await session(bmsc, 'first'))),
  },
  {
    id: 'naf-other-bsf',
    clause: 'TS 33.220 §4.5.3',
    certainty: 'D',
    asked: 'A B-TID of a BSF that nobody knows is no error of the server (5xx).',
    level: 'shall',
    check: async (bmsc) => {
      await session(bmsc, 'first');
      const btid = btidOf({ rand: Uint8Array.from(bmsc.target.randomOctets(16)), bsfName: OTHER_BSF });
      const status = await statusFor(bmsc, btid, bmsc.password);
      expectThat(status < 500, `the status is ${status}`);
      return `status ${status}`;
    },
  },
];
