import { counterMode, setKeys, wipeKeys } from './aes';
import { finish, HMAC_KEY, setKey } from './hmac';
import { gather } from './lanes';
import { derive, setLabels } from './prf';
import { BLOCK, compress, STATE } from './sha1';

/** Octets of a MUK and of a RAND. */
const MUK: usize = 32;
const RAND: usize = 16;
const MAC: usize = 20;

// What the caller sets for each push; the template is all of the message but CSB ID, counter, RAND, IDr, encrypted
// key data and MAC, which stand in it as zeros or, for IDr, not at all.
let counterAt: usize = 0;
let randAt: usize = 0;
/** Where the length of IDr stands. */
let idAt: usize = 0;
/** Octets from the end of IDr to the key data, and of the key data. */
let suffixLength: usize = 0;
let keyDataLength: usize = 0;
let isEncrypted: bool = false;
/** Where the template stands: what comes before IDr, what comes between IDr and key data, the key data in clear. */
let suffix: usize = 0;
let keyData: usize = 0;
/** Four messages are made side by side, `slot` octets apart, and then put one after another. */
let slots: usize = 0;
let slot: usize = 0;

// What the caller sets for each batch: for each recipient 32 octets of MUK, 16 of RAND, a CSB ID, a counter, and the
// end of its IDr among `ids`.
let muks: usize = 0;
let rands: usize = 0;
let csbIds: usize = 0;
let counters: usize = 0;
let idEnds: usize = 0;
let ids: usize = 0;

const muk: usize = memory.data(128, 16);
const rand: usize = memory.data(64, 16);
const hmacKey: usize = memory.data(160, 16);
const encrKey: usize = memory.data(80, 16);
const authKey: usize = memory.data(80, 16);
const salt: usize = memory.data(80, 16);
const state: usize = memory.data(80, 16);
const mac: usize = memory.data(80, 16);
const ivs: usize = memory.data(64, 16);
const lengths: usize = memory.data(16, 16);
