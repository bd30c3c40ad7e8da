import { ascii, concat, octets } from './octets.ts';

/** Keys for tests and nothing else: octets that count up, and what follows from them. */
export const CK = '000102030405060708090a0b0c0d0e0f';
export const IK = '101112131415161718191a1b1c1d1e1f';
export const AKA_RAND = '23553cbe9637a89d218ae64dae47bf35';
export const IMPI = '001010123456789@ims.mnc001.mcc001.3gppnetwork.org';
export const NAF_FQDN = 'bmsc.home1.net';
export const BSF_NAME = 'bsf.home1.net';
export const B_TID = 'I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net';
/** Ks_NAF of the inputs above. */
export const MUK = octets('5fb2ece392ff05a99382ca3444a8f6c0bb6101283ec25fcfdaeda0290644d36c');
/** MRK of the inputs above in Base64, as a Digest password. */
export const DIGEST_PASSWORD = 'cLurZo8anxCFlQAwraQNq1221hSmkdidc1zP9NW56wU=';

export const NAF_ID = concat(ascii(NAF_FQDN), octets('0100000001'));
export const RAND = octets('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf');
export const MSK = octets('c0c1c2c3c4c5c6c7c8c9cacbcccdcecf');
export const MTK = octets('d0d1d2d3d4d5d6d7d8d9dadbdcdddedf');
export const MTK_SALT = octets('e0e1e2e3e4e5e6e7e8e9eaebeced');
export const KEY_DOMAIN_ID = octets('00f110');
export const MSK_ID = octets('00010002');
export const CSB_ID = 0x01020304;
export const COUNTER = 0x0a0b;
