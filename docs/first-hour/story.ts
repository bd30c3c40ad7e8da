import { formatNumber } from './stable-parts.ts';

/** A part of the document: prose, or what happens, in the order of the hour. */
export type Part =
  | { readonly kind: 'prose'; readonly text: string }
  /** Lines that an operator types; `PUSH_ID` stands for the latest push that was printed. */
  | { readonly kind: 'commands'; readonly lines: readonly string[] }
  /** What UEs in the network do meanwhile. */
  | { readonly kind: 'ues'; readonly act: 'switch-on' | 'lose-cover' | 'come-back' };

/** UEs that are switched on, and how many of them are out of cover for a while. */
export const UES = 50;
export const OUT_OF_COVER = 10;

export const SERVICE = 'urn:example:news';

/** The IMPI of a subscriber of the file: the first has 1. */
export function impiOf(number: number): string {
  return `00101${String(number).padStart(10, '0')}@ims.mnc001.mcc001.3gppnetwork.org`;
}

/** What an operator does in the first hour with so many subscribers. */
export function storyOf(subscribers: number): readonly Part[] {
  return [
    prose(`Defaults stand in a file, so that no command needs \`--local\` or \`--stack\`:`),
    commands(
      `mkdir -p ~/.config/bmsc && echo '{"endpointUrl":"http://127.0.0.1:4566"}' > ~/.config/bmsc/config.json`,
      'bmsc status',
    ),
    prose('## A User Service and its first MSK'),
    commands(
      `bmsc provision service ${SERVICE} --key-group 001-01/0001`,
      'bmsc provision msk 001-01 00010001',
      'bmsc list key-groups',
    ),
    prose(`## ${formatNumber(subscribers)} subscribers

The customer database writes a file with a line for each; here \`seq\` does, and one line is spoilt on purpose. A row takes
0.3 ms of CPU of the command, and as much of the table here ([more](operations.md#import-and-export)).`),
    commands(
      'echo impi,services > subscribers.csv',
      `seq -f "00101%010.0f@ims.mnc001.mcc001.3gppnetwork.org,${SERVICE}" ${subscribers} >> subscribers.csv`,
      `echo "alice,${SERVICE}" >> subscribers.csv`,
      'bmsc import subscribers subscribers.csv --rejected rejected.csv',
      'cat rejected.csv',
      `bmsc show subscriber ${impiOf(1)}`,
    ),
    prose(`## UEs arrive

There is no BSF here, so the associations of ${UES} UEs come from a file, too. Then the UEs are switched on: they register
over HTTP Digest, and get the MSK over UDP.`),
    commands('bmsc import associations associations.csv', 'rm associations.csv'),
    { kind: 'ues', act: 'switch-on' },
    commands(`bmsc show service ${SERVICE}`, 'bmsc list holders 001-01 00010001'),
    prose(`## A push, and who lacks it

A new MSK becomes the current one, and is pushed to all. ${OUT_OF_COVER} of the UEs are in a tunnel: a sender tries four times.`),
    { kind: 'ues', act: 'lose-cover' },
    commands(
      'bmsc provision msk 001-01 00010002',
      'bmsc push 001-01 00010002 --key-group --watch',
      'bmsc list holders 001-01 00010002 --list missing | sort | tail -3',
    ),
    prose(`They come back. The push is repeated for those that it has given up, and for nobody else.`),
    { kind: 'ues', act: 'come-back' },
    commands(
      'bmsc push 001-01 00010002 --undelivered-of PUSH_ID --watch',
      'bmsc list holders 001-01 00010002',
    ),
    prose(`## A phone is stolen

It is cut off at once. What it holds it keeps, so the MSK is rotated: the next one goes to all others.`),
    commands(
      `bmsc block subscriber ${impiOf(7)} --yes`,
      'bmsc rotate 001-01 0001 --lead-time 0 --watch',
      'bmsc show push PUSH_ID --watch',
      'bmsc list holders 001-01 00010003',
      `bmsc show subscriber ${impiOf(7)}`,
    ),
    prose(`## An MSK is revoked

MSK 00010003 was seen where it should not be. It is taken out of use, and another takes its place.`),
    commands('bmsc revoke 001-01 00010003 --watch', 'bmsc show push PUSH_ID --watch', 'bmsc list key-groups'),
    prose(`## At the end of the hour`),
    commands('bmsc set schedule 001-01 0001 "rate(7 days)" --lead-time 3600', 'bmsc status'),
  ];
}

function prose(text: string): Part {
  return { kind: 'prose', text };
}

function commands(...lines: readonly string[]): Part {
  return { kind: 'commands', lines };
}
