import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findBmsc } from '../../cli/stack.ts';
import { KEY_REQUEST_VARIABLE } from '../../functions/environment-variables.ts';
import type { UeAddress } from '../../lib/address/ue-address.ts';
import { newEvent } from '../../lib/events/envelope.ts';
import { publishEvents } from '../../lib/events/publish.ts';
import { keyDomainIdOfPlmn } from '../../lib/keys/key-domain-id.ts';
import { formatKeyGroup, mskId } from '../../lib/keys/msk-id.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { putMsk } from '../../lib/store/key-group/key-group.ts';
import { putSubscription } from '../../lib/store/registration/subscriber.ts';
import { putUserService } from '../../lib/store/registration/user-service.ts';
import { SimAssociations } from '../../lib/ue/bootstrapping/sim-associations.ts';
import { parseSimProfiles, type SimProfile } from '../../lib/ue/bootstrapping/sim-profile.ts';
import type { HeldMsk } from '../../lib/ue/key-ring.ts';
import type { UeSecurityAssociation } from '../../lib/ue/security-association.ts';
import { startUe, type Ue, type UeEvent } from '../../lib/ue/ue.ts';
import { StandInBsf } from '../bsf/stand-in-bsf.ts';
import { parseSubscribers } from '../bsf/subscribers.ts';
import { SUBSCRIBERS_FILE } from '../network.ts';
import { LOCAL_SETTINGS, type Synthesis, synthesize } from '../synthesis.ts';
import { type LocalPorts, type LocalSystem, startLocalSystem } from '../system.ts';
import { LocalZn } from '../zn.ts';
import type { End } from './ip-packets.ts';
import { Recording } from './recording.ts';
import { TcpTap } from './tcp-tap.ts';
import { playStream, type SentMtk, sendMtk } from './traffic.ts';

/** The parties in a capture, with addresses for documentation (RFC 5737) and ports that they are known by. */
const UE = '192.0.2.10';
const BMSC = '192.0.2.1';
const ENDS = {
  bmscMikey: { address: BMSC, port: 2269 },
  bmscHttp: { address: BMSC, port: 80 },
  bmscRtp: { address: BMSC, port: 5004 },
  ueRtp: { address: UE, port: 5004 },
  bsfUb: { address: '192.0.2.2', port: 80 },
  bsfZn: { address: '192.0.2.2', port: 3868 },
} as const satisfies Record<string, End>;

const BSF_NAME = 'bsf.home1.net';
const REALM = 'home1.net';
const SERVICE_ID = 'urn:example:mbms:capture';
const GROUP = { keyDomainId: keyDomainIdOfPlmn({ mcc: '001', mnc: '01' }), keyGroup: 1 };
const VALIDITY = { seql: 0, sequ: 0xffff };

/** SRTP packets that are sent under the MTK. */
const PACKETS = 5;

/** How long a step may take, in ms. */
const STEP_MS = 15_000;

/** What was recorded, and the keys that open it. */
export interface CapturedSession {
  readonly pcapng: Uint8Array;
  readonly association: UeSecurityAssociation;
  readonly msks: readonly HeldMsk[];
  readonly mtk: SentMtk;
}

/**
 * Runs a whole session on the local system and records it: a UE bootstraps over Ub, registers, is sent its
 * MSK, asks for it again, is solicited for the next one, and gets an MTK and a stream. The keys
 * of its B-TID come to the BM-SC over Zn.
 * @throws Error with the step that did not come to its end
 */
export async function captureSession(ports: LocalPorts, synthesis?: Synthesis): Promise<CapturedSession> {
  const parts: { readonly close: () => unknown }[] = [];
  const opened = <T extends { readonly close: () => unknown }>(part: T): T => {
    parts.push(part);
    return part;
  };
  try {
    // Before anything listens: the synthesis blocks this process for seconds.
    const synthesized = synthesis ?? (await synthesizedIn(opened));
    return await new Session(new Recording(), opened).run(ports, synthesized);
  } finally {
    for (const part of parts.reverse()) await part.close();
  }
}

function synthesizedIn(
  opened: <T extends { readonly close: () => unknown }>(part: T) => T,
): Promise<Synthesis> {
  const folder = mkdtempSync(join(tmpdir(), 'bmsc-captures-'));
  opened({ close: () => rmSync(folder, { recursive: true, force: true }) });
  return synthesize(folder);
}

class Session {
  readonly #recording: Recording;
  readonly #opened: <T extends { readonly close: () => unknown }>(part: T) => T;
  readonly #received: string[] = [];
  #ueMikeyPort = 0;
  #verifications = 0;
  #answeredPulls = 0;

  constructor(recording: Recording, opened: <T extends { readonly close: () => unknown }>(part: T) => T) {
    this.#recording = recording;
    this.#opened = opened;
  }

  async run(ports: LocalPorts, synthesis: Synthesis): Promise<CapturedSession> {
    const { bsf, zn, sim } = await this.#network();
    const changes = {
      keyRequest: { [KEY_REQUEST_VARIABLE.keySources]: JSON.stringify({ bsf: { apiRoot: zn.apiRoot } }) },
    };
    const system = this.#opened(await startLocalSystem(ports, () => {}, changes, synthesis));
    const bmsc = await findBmsc({ stack: system.stackName, endpointUrl: system.endpointUrl, local: true });
    await putUserService(bmsc.store, { serviceId: SERVICE_ID, keyGroups: [GROUP] });
    await putMsk(bmsc.store, GROUP, newMsk(1));
    await putSubscription(bmsc.store, sim.impi, SERVICE_ID);

    const association = await this.#bootstrap(bsf, sim);
    const ue = this.#opened(await this.#startUe(system, association));
    this.#ueMikeyPort = ue.address.port;
    await ue.register([SERVICE_ID]);
    await this.#until(() => this.#verifications >= 1, 'the MSK after registration');
    await ue.requestMsks([{ keyDomainId: GROUP.keyDomainId, mskId: mskId(GROUP.keyGroup, 0) }]);
    await this.#until(() => this.#verifications >= 2, 'the MSK that was asked for');
    await putMsk(bmsc.store, GROUP, newMsk(2));
    const data = {
      keyDomainId: GROUP.keyDomainId,
      keyGroup: formatKeyGroup(GROUP.keyGroup),
      target: { ues: [sim.impi] },
    };
    await publishEvents(bmsc.bus, [
      newEvent('Solicit MSK Pull', data, { eventId: randomUUID(), now: Date.now() }),
    ]);
    await this.#until(
      () => this.#answeredPulls >= 1 && this.#verifications >= 3,
      'the MSK after the solicited pull',
    );
    const mtk = await this.#stream(ue);
    return { pcapng: this.#recording.toPcapng(), association, msks: ue.ring.list(), mtk };
  }

  /** A BSF, and the service by which the BM-SC asks it over Zn; what they say passes a tap. */
  async #network(): Promise<{ bsf: StandInBsf; zn: LocalZn; sim: SimProfile }> {
    const text = readFileSync(SUBSCRIBERS_FILE, 'utf8');
    const [sim] = parseSimProfiles(text);
    if (sim === undefined) throw new Error('the stand-in BSF has no subscribers');
    const bsf = this.#opened(
      await StandInBsf.start({ subscribers: parseSubscribers(text), bsfName: BSF_NAME }),
    );
    const parties = {
      clientAddress: BMSC,
      server: ENDS.bsfZn,
      comment: 'Zn: the BM-SC asks the BSF for the keys',
    };
    const { host: address, port } = bsf.zn;
    const tap = this.#opened(await TcpTap.start(this.#recording, { address, port }, parties));
    const zn = this.#opened(
      await LocalZn.start({
        peer: tap.address,
        address: '127.0.0.1',
        realm: REALM,
        nafFqdn: LOCAL_SETTINGS.nafFqdn,
        logFile: join(tmpdir(), `bmsc-captures-zn-${process.pid}.log`),
        onEnd: () => {},
      }),
    );
    return { bsf, zn, sim };
  }

  async #bootstrap(bsf: StandInBsf, sim: SimProfile): Promise<UeSecurityAssociation> {
    const parties = { clientAddress: UE, server: ENDS.bsfUb, comment: 'Ub: the UE bootstraps' };
    const bsfUrl = await this.#tapped(bsf.ubUrl, parties);
    const { nafFqdn } = LOCAL_SETTINGS;
    return new SimAssociations(sim, {
      bsfUrl,
      nafFqdn,
      randomOctets: (length) => randomBytes(length),
    }).bootstrap();
  }

  async #startUe(system: LocalSystem, association: UeSecurityAssociation): Promise<Ue> {
    const parties = {
      clientAddress: UE,
      server: ENDS.bmscHttp,
      comment: 'key management: HTTP Digest, auth-int',
    };
    return startUe({
      association,
      keyManagementUrl: await this.#tapped(new URL(system.keyManagementUrl), parties),
      listen: { address: '127.0.0.1', port: 0 },
      randomOctets: (length) => randomBytes(length),
      onEvent: (event) => this.#onUeEvent(event),
    });
  }

  /** The same URL, through a tap. */
  async #tapped(url: URL, parties: Parameters<typeof TcpTap.start>[2]): Promise<URL> {
    const target: UeAddress = { address: url.hostname, port: Number(url.port) };
    const { port } = this.#opened(await TcpTap.start(this.#recording, target, parties)).address;
    return new URL(`${url.pathname}${url.search}`, `http://127.0.0.1:${port}`);
  }

  #onUeEvent(event: UeEvent): void {
    const { bmscMikey } = ENDS;
    // The real port, for requests name it.
    const ueMikey = { address: UE, port: this.#ueMikeyPort };
    if (event.kind === 'received') {
      this.#received.push(event.message.kind);
      this.#recording.udp(bmscMikey, ueMikey, event.octets, `MIKEY, BM-SC to UE: ${event.message.kind}`);
    }
    if (event.kind === 'verification-sent') {
      this.#verifications++;
      this.#recording.udp(ueMikey, bmscMikey, event.octets, 'MIKEY, UE to BM-SC: verification');
    }
    if (event.kind === 'pull-answered') this.#answeredPulls++;
  }

  /** An MTK under the newest MSK that the UE holds, and a stream under the MTK. */
  async #stream(ue: Ue): Promise<SentMtk> {
    const held = ue.ring.list().at(-1);
    if (held === undefined) throw new Error('the UE holds no MSK');
    const mtk = await sendMtk(ue, held);
    await this.#until(() => this.#received.includes('mtk'), 'the MTK');
    for (const packet of await playStream(mtk, PACKETS))
      this.#recording.udp(ENDS.bmscRtp, ENDS.ueRtp, packet, 'SRTP under the MTK');
    return mtk;
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + STEP_MS;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`${what} did not come in ${STEP_MS / 1000} s`);
      await delay(10);
    }
  }
}

function newMsk(keyNumber: number) {
  return { keyNumber, msk: new SecretKey(randomBytes(16)), validity: VALIDITY };
}
