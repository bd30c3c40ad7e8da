import koffi from 'koffi';
import type { SrtpMasterKey } from '../../lib/srtp/session-keys.ts';
import type { Peer } from '../peers.ts';

const NAMES = ['libsrtp2.so.1', 'libsrtp2.so', 'libsrtp2.1.dylib'];

/** libsrtp 2, through its C interface. */
export const LIBSRTP: Peer = {
  name: 'libsrtp2',
  isThere: () => loaded() !== undefined,
  install: 'apt-get install libsrtp2-1',
};

type Library = ReturnType<typeof koffi.load>;
type LibraryFunction = ReturnType<Library['func']>;
let library: Library | undefined;

function loaded(): Library | undefined {
  for (const name of NAMES) {
    try {
      library ??= koffi.load(name);
    } catch {}
  }
  return library;
}

// Of srtp.h of libsrtp 2.
const CryptoPolicy = koffi.struct({
  cipherType: 'uint32',
  cipherKeyLength: 'int',
  authType: 'uint32',
  authKeyLength: 'int',
  authTagLength: 'int',
  services: 'int',
});
const MasterKey = koffi.struct({ key: 'uint8_t *', mki: 'uint8_t *', mkiSize: 'uint' });
const Policy = koffi.struct({
  ssrcType: 'int',
  ssrc: 'uint',
  rtp: CryptoPolicy,
  rtcp: CryptoPolicy,
  key: 'void *',
  keys: koffi.pointer(koffi.pointer(MasterKey)),
  keyCount: 'ulong',
  ekt: 'void *',
  windowSize: 'ulong',
  allowRepeat: 'int',
  extensions: 'void *',
  extensionCount: 'int',
  next: 'void *',
});

const AES_128_CM_HMAC_SHA1_80 = {
  cipherType: 1,
  cipherKeyLength: 30,
  authType: 3,
  authKeyLength: 20,
  authTagLength: 10,
  services: 3,
};
const ANY = { inbound: 2, outbound: 3 } as const;

/** A key with the MKI that names it. */
export interface NamedKey extends SrtpMasterKey {
  readonly mki: Uint8Array;
}

/** A session of libsrtp with keys that are fixed when it is made: it copies them. */
export class LibsrtpSession {
  readonly #session: unknown;
  readonly #protect: LibraryFunction;
  readonly #unprotect: LibraryFunction;

  constructor(direction: keyof typeof ANY, keys: readonly NamedKey[]) {
    const lib = loaded();
    if (lib === undefined) throw new Error('libsrtp2 is missing');
    lib.func('int srtp_init()')();
    const create = lib.func('srtp_create', 'int', [koffi.out('void **'), koffi.pointer(Policy)]);
    const of = ['void *', 'uint8_t *', koffi.inout('int *'), 'uint', 'uint'];
    this.#protect = lib.func('srtp_protect_mki', 'int', of);
    this.#unprotect = lib.func('srtp_unprotect_mki', 'int', of.slice(0, 4));
    const masters = keys.map(({ mtk, salt, mki }) => {
      const key = Buffer.concat([mtk.exposeOctets(), salt?.exposeOctets() ?? Buffer.alloc(14)]);
      return { key, mki: Buffer.from(mki), mkiSize: mki.length };
    });
    const session: unknown[] = [null];
    const status: unknown = create(session, {
      ssrcType: ANY[direction],
      ssrc: 0,
      rtp: AES_128_CM_HMAC_SHA1_80,
      rtcp: AES_128_CM_HMAC_SHA1_80,
      key: null,
      keys: masters,
      keyCount: masters.length,
      windowSize: 128,
      allowRepeat: 0,
    });
    if (status !== 0) throw new Error(`srtp_create: ${status}`);
    this.#session = session[0];
  }

  /** The SRTP packet under one of the keys. */
  protect(rtp: Uint8Array, keyIndex: number): Uint8Array {
    const buffer = Buffer.alloc(rtp.length + 144);
    buffer.set(rtp);
    return this.#run(this.#protect, buffer, rtp.length, 1, keyIndex);
  }

  /** The RTP packet. @throws Error with the status of libsrtp */
  unprotect(srtp: Uint8Array): Uint8Array {
    return this.#run(this.#unprotect, Buffer.from(srtp), srtp.length, 1);
  }

  #run(call: LibraryFunction, buffer: Buffer, length: number, ...more: number[]): Uint8Array {
    const lengths = [length];
    const status: unknown = call(this.#session, buffer, lengths, ...more);
    if (status !== 0) throw new Error(`libsrtp: ${status}`);
    return Uint8Array.from(buffer.subarray(0, lengths[0]));
  }
}
