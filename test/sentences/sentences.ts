import type { Certainty } from '../../cli/conformance/requirement.ts';
import { OTHER_CLAUSES } from './other-clauses.ts';

/** A normative sentence of a clause, by its number among those of the clause, in our words. */
export interface Sentence {
  readonly clause: string;
  readonly number: number;
  readonly asked: string;
  /** How sure we are that the clause asks it. */
  readonly certainty: Certainty;
}

const BASIC = 'TS 33.246 §6.3.2.2.1';
const PULL = 'TS 33.246 §6.3.2.2.4';
const FORM = 'TS 33.246 §G.2.3';

const ASKED: Readonly<Record<string, readonly string[]>> = {
  [BASIC]: [
    'a UE that needs MSKs for a User Service tries to get them',
    'the request lists the IDs of the MSKs that the UE needs',
    'the exchange is authenticated and integrity protected by HTTP Digest with the bootstrapped association',
    'the request is an HTTP POST',
    'it has one or more pairs of Key Domain ID and MSK ID',
    'a Key Number asks for that MSK',
    'Key Number 0x0 asks for the current MSK',
    'one request may ask for MSKs of several User Services',
    'the BM-SC authenticates the UE with the keys of GBA',
    'the BM-SC verifies that the UE is registered to a User Service that uses the MSKs',
    'a UE that is authorised gets the MSKs delivered',
    'the answer is 200 with Authentication-Info',
    'credentials in the first request may need no challenge (NOTE 2)',
    'a failed authentication is answered with 401 and a challenge again',
    'the UE checks that the answer is valid',
    'after a failure the UE may try again, or leave',
    'after a success the BM-SC starts to deliver',
  ],
  [PULL]: [
    'the BM-SC sends a MIKEY message over UDP to the UE',
    'it is protected by the last MUK that the BM-SC knows',
    'the Key Number of its MSK ID is 0x0',
    'a UE that has bootstrapped since checks it with the last MUK that the BM-SC used successfully',
    'its V-bit is not set',
    'a MUK beyond its lifetime serves for the first message of a solicited pull (NOTE 1)',
    'it has a KEMAC (NOTE 2)',
    'its Encr data len is zero (NOTE 2)',
    'the UE then requests the current MSK of the Key Group',
  ],
  [FORM]: [
    'the MSK request is the payload of an HTTP POST',
    'the Request-URI says what kind of message it is',
    'a request that succeeds is answered so',
    'the HTTP version is 1.1',
    'the Request-URI is based on the key management URI',
    'its URI parameter requesttype is msk-request',
    'the UE may add URI parameters',
    'Content-Type is the media type of the payload',
    'Content-Length is that of the Base64 text',
    'the payload is the Base64 of the list of pairs',
    'the UE may add HTTP headers',
    'the BM-SC checks the POST and takes the payload out of its Base64',
    'the BM-SC verifies with the Membership function that the subscriber may have the MSKs',
    'a request that is authorised is answered with 200',
    'the status code of a success is 200',
    'the UE checks that the answer is valid',
  ],
};

/** The sentences of the clauses of TS 33.246 that were read whole. */
const OF_TS_33_246 = Object.entries(ASKED).flatMap(([clause, asked]) =>
  asked.map((each, index): Sentence => ({ clause, number: index + 1, asked: each, certainty: 'V' })),
);

/** Every sentence, clause by clause. */
export const SENTENCES: readonly Sentence[] = [
  ...OF_TS_33_246,
  ...Object.entries(OTHER_CLAUSES).flatMap(([clause, sentences]) =>
    sentences.map(([certainty, asked], index): Sentence => ({ clause, number: index + 1, asked, certainty })),
  ),
];

/** Clauses whose text nobody here could read: docs/conformance.md has what stands in for it. */
export const UNREAD: readonly string[] = [
  'TS 33.246 §6.1, §6.2.1: GBA and HTTP Digest in MBMS',
  'TS 33.246 §6.3.2.1, §6.3.2.1A, §6.3.2.1B: MSK identification, registration, deregistration',
  'TS 33.246 §6.3.2.2.3, §6.3.2.3.1, §6.3.2.4: missed key update, push, several status codes',
  'TS 33.246 §6.3.3, §6.3.4, §6.4 to §6.6: MTKs, several BM-SCs, MIKEY messages, their processing',
  'TS 33.246 annexes F, G.2.1, G.2.2, H',
  'TS 26.346 §11.2 to §11.8: XML schemas',
];
