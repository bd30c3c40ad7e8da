import { layoutPicture } from './layout-picture.ts';
import { type Draft, type PlacedField, type Sealed, seal } from './mikey-draft.ts';
import { mtkDraft, verificationDraft } from './mikey-others.ts';
import { mskDraft, pullDraft } from './mikey-under-muk.ts';
import { hex } from './octets.ts';

/** A message that the page derives. */
interface Example {
  readonly name: string;
  readonly file: string;
  readonly title: string;
  readonly words: string;
  readonly draft: Draft;
}

const EXAMPLES: readonly Example[] = [
  {
    ...{ name: 'msk-push', file: 'mikey-msk-push.json', title: 'MSK message', draft: mskDraft() },
    words: `The BM-SC sends a UE the MSK of Key Group 0001 and Key Number 0002 under the UE's MUK (TS 33.246 §6.4.5.1). The V-bit
is set: the UE must answer.`,
  },
  {
    ...{
      name: 'verification',
      file: 'mikey-verification.json',
      title: 'Verification message',
      draft: verificationDraft(),
    },
    words: `The UE's answer to the message above (TS 33.246 §6.4.5.2, RFC 3830 §3.1). It repeats CSB ID and counter. Its keys come from
the CSB ID and the RAND of the MSK message, and its MAC covers more than the message: IDi, IDr and the counter, as they
were carried (RFC 3830 §5.2).`,
  },
  {
    ...{
      name: 'solicited-pull',
      file: 'mikey-solicited-pull.json',
      title: 'Solicited pull',
      draft: pullDraft(),
    },
    words: `The BM-SC tells a UE to ask for the current MSK of Key Group 0001 (TS 33.246 §6.3.2.2.4): Key Number 0000, no V-bit, and a
KEMAC that carries a MAC and nothing else.`,
  },
  {
    ...{ name: 'mtk', file: 'mikey-mtk.json', title: 'MTK message', draft: mtkDraft() },
    words: `For all UEs that hold the MSK (TS 33.246 §6.4.5.3). The pre-shared key is the MSK. It carries no RAND: that of the MSK
message goes into the labels, as far as could be learnt without the clause's text.`,
  },
];

/** What a field's value says, by payload and name; the length fields speak for themselves. */
const MEANINGS: Readonly<Record<string, (value: string) => string>> = {
  'HDR Version': () => 'version 1',
  'HDR Data type': (value) =>
    value === '00' ? 'pre-shared key' : 'verification of a pre-shared key message',
  'HDR V, PRF func': (value) => (value === '80' ? 'V-bit set; MIKEY-1' : 'V-bit not set; MIKEY-1'),
  'HDR CSB ID': () => 'any; it goes into labels and counter block',
  'HDR #CS': () => 'no crypto sessions',
  'HDR CS ID map type': () => 'empty map (RFC 4563)',
  'T TS type': () => 'COUNTER',
  'T TS value': () => 'above every earlier one under this key',
  'RAND RAND': () => 'goes into the labels',
  'IDi ID type': () => 'URI',
  'IDi ID data': text,
  'IDr ID type': () => 'NAI',
  'IDr ID data': text,
  'EXT Type': () => 'Key ID (RFC 4563)',
  'EXT Key ID type': (value) => ['Key Domain ID', 'MSK ID', 'MTK ID'][Number(value)] ?? '',
  'EXT Key Domain ID': () => 'MCC 001, MNC 01',
  'EXT MSK ID': (value) => `Key Group ${value.slice(0, 4)}, Key Number ${value.slice(4)}`,
  'KEMAC Encr alg': (value) => (value === '01' ? 'AES-CM-128' : 'NULL'),
  'KEMAC MAC alg': () => 'HMAC-SHA-1-160',
  'V Auth alg': () => 'HMAC-SHA-1-160',
};

function text(value: string): string {
  const octets = Buffer.from(value, 'hex').toString('latin1');
  return `"${octets.replace(/[^ -~]+/g, '')}"${/[^ -~]/.test(octets) ? ' and the Ua security protocol identifier' : ''}`;
}

const NEXT: Readonly<Record<string, string>> = {
  '00': 'none follows',
  '01': 'KEMAC follows',
  '05': 'T follows',
  '06': 'ID follows',
  '09': 'V follows',
  '0b': 'RAND follows',
  '15': 'general extension follows',
};

function row({ payload, name, at, value }: PlacedField): string {
  const digits = hex(value);
  const meaning = name === 'Next payload' ? NEXT[digits] : MEANINGS[`${payload} ${name}`]?.(digits);
  return `| ${at} | ${payload} | ${name} | \`${digits}\` | ${meaning ?? ''} |`;
}

const line = (what: string, value: unknown) => `${what.padEnd(11)} ${value}`;
const block = (...lines: readonly string[]) => `\`\`\`text\n${lines.join('\n')}\n\`\`\``;

/** The steps from key to message; each value is that of the data set. */
function steps({ psk, last, keyData }: Draft, { intermediate }: Sealed): string {
  const { encrLabel, encrKey, saltLabel, saltKey, authLabel, authKey, iv, encrData, mac, alsoCovered } =
    intermediate;
  const parts = [
    `1. A label is the constant of the key, \`ff\` in place of a CS ID, CSB ID and RAND; a key is PRF(PSK, label) of its length
   (RFC 3830 §4.1.4).`,
    block(
      line('PSK', hex(psk)),
      ...(encrLabel === undefined
        ? []
        : [
            line('encr label', encrLabel),
            line('encr key', encrKey),
            line('salt label', saltLabel),
            line('salt key', saltKey),
          ]),
      ...[line('auth label', authLabel), line('auth key', authKey)],
    ),
  ];
  if (keyData.length > 0)
    parts.push(
      `2. The first counter block is (salt key XOR (\`0000\`, CSB ID, counter in 8 octets)), \`0000\`. AES in counter mode from there
   encrypts the key data (RFC 3830 §4.2.3).`,
      block(line('block', iv), line('key data', hex(keyData)), line('encr data', encrData)),
    );
  const covers =
    last === 'V' ? 'the message without the MAC, and then what stands below' : 'the message without the MAC';
  parts.push(
    `${keyData.length > 0 ? 3 : 2}. The MAC is HMAC-SHA-1 under the auth key over ${covers} (RFC 3830 §5.2).`,
    block(...(alsoCovered === undefined ? [] : [line('and then', alsoCovered)]), line('MAC', mac)),
  );
  return parts.join('\n\n');
}

function section({ name, file, title, words, draft }: Example): string {
  const sealed = seal(draft);
  return `## ${title}

${words} It is the first test of [${file}](../vectors/${file}).

![The octets of the message, coloured by payload](vectors/${name}.svg)

${steps(draft, sealed)}

| octet | payload | field | value | meaning |
| ---: | --- | --- | --- | --- |
${sealed.fields.map(row).join('\n')}

${keyDataWords(draft)}`;
}

/** Key data is inside the encryption, so the table above does not show it. */
function keyDataWords({ keyData, payloads }: Draft): string {
  if (keyData.length === 0) return '';
  const digits = hex(keyData);
  const isMsk = payloads.some(({ name }) => name === 'RAND');
  const rest = isMsk
    ? `\`${digits.slice(40)}\` the MTK IDs that it may protect: 2 octets, from ${digits.slice(42, 46)}; 2 octets, to ${digits.slice(48)}`
    : 'and nothing behind it';
  const type = isMsk ? 'TGK (0) with an interval (2) as validity' : 'TEK (2) without validity (0)';
  return `The key data: \`${digits.slice(0, 2)}\` no other follows; \`${digits.slice(2, 4)}\` ${type}; \`${digits.slice(4, 8)}\` key length; \`${digits.slice(8, 40)}\` the ${isMsk ? 'MSK' : 'MTK'}; ${rest}.

`;
}

const HEAD = `# MIKEY messages of MBMS by hand

\`npm run vectors\` makes this page from the [test vectors](../vectors/README.md): every value is theirs, and a second
implementation computes each of them again. To follow it you need HMAC-SHA-1 and AES-128. All keys are for tests.

PRF(PSK, label) of n octets (RFC 3830 §4.1.2): A1 = HMAC-SHA-1(s, label), A2 = HMAC-SHA-1(s, A1), and so on; the output is
HMAC-SHA-1(s, A1 and label), then HMAC-SHA-1(s, A2 and label), and so on, cut to n octets. s is the PSK in blocks of 32
octets, each giving an output, and the outputs are XORed; a MUK is one block, and an MSK half a one.

`;

/** The page and its pictures, by their paths from the root of the repository. */
export function derivationFiles(): ReadonlyMap<string, string> {
  const page = HEAD + EXAMPLES.map(section).join('').trimEnd();
  const pictures = EXAMPLES.map(({ name, title, draft }): [string, string] => [
    `docs/vectors/${name}.svg`,
    layoutPicture(title, seal(draft).fields),
  ]);
  return new Map([['docs/vectors.md', `${page}\n`], ...pictures]);
}
