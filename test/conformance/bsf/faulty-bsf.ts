import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { authenticationVectorOf, autsOf, readChallenge, sqnOfAuts } from '../../../lib/gba/aka.ts';
import { btidOf } from '../../../lib/gba/btid.ts';
import { type Impi, parseImpi } from '../../../lib/gba/impi.ts';
import { Milenage, type SimKeys, xor } from '../../../lib/gba/milenage.ts';
import {
  type AkaAnswer,
  type AkaAuthorization,
  type AkaChallenge,
  authorizeAka,
  DigestError,
  formatAkaAuthorization,
  formatAkaChallenge,
  formatAkaIdentity,
  formatAuthenticationInfo,
  isResponseCorrect,
  parseAkaAuthorization,
  parseAkaChallenge,
  parseAkaNonce,
} from '../../../lib/http-digest/index.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { httpGet } from '../../../lib/ue/http-post.ts';
import { StandInBsf } from '../../../local/bsf/stand-in-bsf.ts';
import type { BsfFault, JudgedUb, UbAnswer } from './fault.ts';

const BSF_NAME = 'bsf.home1.net';

/** A challenge as the UE sees it: the BSF behind may have sent another. */
interface Shown {
  readonly real: AkaChallenge;
  isUsed: boolean;
}

/** A subscriber of its own for each BSF under test. */
function newSubscriber() {
  const keys: SimKeys = { k: new SecretKey(randomBytes(16)), opc: new SecretKey(randomBytes(16)) };
  return { impi: parseImpi(`${randomBytes(6).toString('hex')}@home1.net`), keys };
}

/** The stand-in BSF behind a proxy which knows the keys of the SIM, so that it can lie with them. */
export class FaultyBsf {
  readonly impi: Impi;
  readonly keys: SimKeys;
  readonly #bsf: StandInBsf;
  readonly #fault: BsfFault | undefined;
  readonly #http: Server;
  readonly #shown = new Map<string, Shown>();
  readonly #firstRand = new Uint8Array(randomBytes(16));
  #position = 0;
  #identities = 0;

  private constructor(bsf: StandInBsf, impi: Impi, keys: SimKeys, fault: BsfFault | undefined) {
    this.impi = impi;
    this.keys = keys;
    this.#bsf = bsf;
    this.#fault = fault;
    this.#http = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
  }

  static async start(fault?: BsfFault): Promise<FaultyBsf> {
    const { impi, keys } = newSubscriber();
    const subscriber = { impi, keys, amf: Uint8Array.of(0x80, 0), sqn: 0, hasGbaU: false };
    const subscribers = [{ ...subscriber, keyChoice: undefined, akma: undefined }];
    const bsf = new FaultyBsf(await StandInBsf.start({ subscribers, bsfName: BSF_NAME }), impi, keys, fault);
    await new Promise<void>((resolve) => bsf.#http.listen(0, '127.0.0.1', resolve));
    return bsf;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/`);
  }

  /** The BSF behind, where a BM-SC asks for keys. */
  get apiRoot(): string {
    return this.#bsf.apiRoot;
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
    await this.#bsf.close();
  }

  async #serve({ headers, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = this.#judge(headers.authorization, url);
    const answer = this.#fault?.denies?.(request) ?? (await this.#answer(headers.authorization, request));
    const { status, headers: own, body } = this.#fault?.answer?.(answer, request) ?? answer;
    response.writeHead(status, { server: 'bsf/1 3gpp-gba-tmpi', ...own }).end(body);
  }

  async #answer(header: string | undefined, request: JudgedUb): Promise<UbAnswer> {
    const { authorization } = request;
    const sent = authorization === undefined ? header : await this.#forwarded(header, request, authorization);
    const { status, headers, body } = await httpGet(
      this.#bsf.ubUrl,
      sent === undefined ? {} : { authorization: sent },
    );
    const text = Buffer.from(body).toString();
    if (status === 401) return this.#challenged(String(headers['www-authenticate']), request);
    if (status !== 200 || authorization === undefined) return { status, headers: {}, body: text };
    return this.#granted(text, String(headers['content-type']), authorization);
  }

  /** What the BSF behind is sent for an answer to a challenge. */
  async #forwarded(header: string | undefined, request: JudgedUb, authorization: AkaAuthorization) {
    const { forgives, ignoresAuts } = this.#fault ?? {};
    const shown = this.#shown.get(authorization.nonce);
    const isWaiting = shown?.isUsed === false;
    if (shown !== undefined) shown.isUsed = true;
    if (authorization.auts !== undefined && ignoresAuts === true) return this.#identity();
    if (forgives?.(request) === true)
      return this.#rightFor(isWaiting ? shown.real : await this.#newChallenge(), authorization);
    const isTranslated = shown !== undefined && shown.real.nonce !== authorization.nonce;
    const { isUserOwn, isRealmOwn, isUriOwn, qop, isResponseRight, isAutsRight } = request;
    const isRight = isWaiting && isUserOwn && isRealmOwn && isUriOwn && qop === 'auth-int';
    return isTranslated && isRight && isResponseRight && isAutsRight !== false
      ? this.#rightFor(shown.real, authorization)
      : header;
  }

  #challenged(header: string, request: JudgedUb): UbAnswer {
    const real = parseAkaChallenge(header);
    if (real === undefined) throw new Error('the stand-in sends no challenge');
    const challenge = { ...real, aka: this.#vectorFor(real, request) };
    const text = formatAkaChallenge(challenge);
    this.#shown.set(Buffer.concat([challenge.aka.rand, challenge.aka.autn]).toString('base64'), {
      real,
      isUsed: false,
    });
    const changed = this.#fault?.challenge === undefined ? text : this.#fault.challenge(text, request);
    return { status: 401, headers: changed === undefined ? {} : { 'www-authenticate': changed }, body: '' };
  }

  #granted(text: string, type: string, authorization: AkaAuthorization): UbAnswer {
    const { rand, autn } = parseAkaNonce(authorization.nonce);
    const btid = btidOf({ rand, bsfName: BSF_NAME });
    const own = text.replace(/<btid>.*<\/btid>/, `<btid>${btid}</btid>`);
    const body = this.#fault?.body?.(own) ?? own;
    const password = readChallenge(this.keys, rand, autn)?.res ?? '';
    const info = formatAuthenticationInfo({ authorization, password, entityBody: Buffer.from(body) });
    return { status: 200, headers: { 'content-type': type, 'authentication-info': info }, body };
  }

  /** The vector that the UE is shown. */
  #vectorFor({ aka }: AkaChallenge, { kind }: JudgedUb) {
    const { vector } = this.#fault ?? {};
    if (vector === 'foreign') return { ...aka, autn: Uint8Array.from(aka.autn, (octet) => octet ^ 1) };
    if (vector === undefined || kind !== 'identity') return aka;
    this.#identities += 1;
    if (vector === 'repeated' && this.#identities % 2 === 0) return aka;
    const rand = vector === 'repeated' ? this.#firstRand : aka.rand;
    const real = readChallenge(this.keys, aka.rand, aka.autn)?.sqn ?? 0;
    const sqn = vector === 'repeated' ? real : 2 ** 20 - 33 * this.#identities;
    return { ...aka, ...authenticationVectorOf(this.keys, { rand, sqn, amf: Uint8Array.of(0x80, 0) }) };
  }

  /** Credentials for the BSF behind that say what the UE meant to. */
  #rightFor(real: AkaChallenge, { auts, nonce }: AkaAuthorization): string {
    const read = readChallenge(this.keys, real.aka.rand, real.aka.autn);
    if (read === undefined) throw new Error('the stand-in challenges by another key');
    let answer: AkaAnswer = { kind: 'res', res: read.res };
    if (auts !== undefined) {
      const { rand } = parseAkaNonce(nonce);
      const sqn = Buffer.from(xor(auts.subarray(0, 6), new Milenage(this.keys).f5Star(rand))).readUIntBE(
        0,
        6,
      );
      answer = { kind: 'auts', auts: autsOf(this.keys, real.aka.rand, sqn) };
    }
    const { impi } = this;
    const rest = { method: 'GET', uri: '/', entityBody: new Uint8Array(), cnonce: 'c', nc: 1 };
    return formatAkaAuthorization(authorizeAka({ challenge: real, answer, username: impi, ...rest }));
  }

  async #newChallenge(): Promise<AkaChallenge> {
    const { headers } = await httpGet(this.#bsf.ubUrl, { authorization: this.#identity() });
    const challenge = parseAkaChallenge(headers['www-authenticate'] ?? '');
    if (challenge === undefined) throw new Error('the stand-in sends no challenge');
    return challenge;
  }

  #identity(): string {
    return formatAkaIdentity({ username: this.impi, realm: BSF_NAME, uri: '/' });
  }

  #judge(header: string | undefined, url: string): JudgedUb {
    const none = {
      username: undefined,
      authorization: undefined,
      isResponseRight: false,
      isResponseEmpty: false,
      qop: undefined,
    } as const;
    const ids = { isUserOwn: false, isRealmOwn: false, isUriOwn: false, isAutsRight: undefined } as const;
    const other = { ...none, ...ids, nonce: 'foreign', position: this.#position++ } as const;
    if (header === undefined) return { ...other, kind: 'nothing' };
    try {
      const credentials = parseAkaAuthorization(header);
      if (credentials.kind === 'identity') {
        const { username } = credentials;
        return { ...other, kind: 'identity', username, isUserOwn: username === this.impi };
      }
      return { ...other, kind: 'answer', ...this.#judgeAnswer(credentials.authorization, url) };
    } catch (error) {
      if (error instanceof DigestError) return { ...other, kind: 'malformed' };
      throw error;
    }
  }

  #judgeAnswer(authorization: AkaAuthorization, url: string) {
    const { username, realm, uri, qop, nonce, auts } = authorization;
    const { rand, autn } = parseAkaNonce(nonce);
    const password = auts === undefined ? (readChallenge(this.keys, rand, autn)?.res ?? 'none') : '';
    const input = { authorization, password, method: 'GET', entityBody: new Uint8Array() };
    const shown = this.#shown.get(nonce);
    return {
      ...{ username, authorization, qop },
      isResponseRight: isResponseCorrect(input),
      isResponseEmpty: isResponseCorrect({ ...input, password: '' }),
      nonce: shown === undefined ? 'foreign' : shown.isUsed ? 'used' : 'waiting',
      isUserOwn: username === this.impi,
      isRealmOwn: realm === BSF_NAME,
      isUriOwn: uri === url,
      isAutsRight: auts === undefined ? undefined : sqnOfAuts(this.keys, rand, auts) !== undefined,
    } as const;
  }
}
