/** What differs from run to run, and what stands for it where two runs are compared. */
const CHANGING: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<push ID>'],
  [/\S+==@bsf\.home1\.net/g, '<B-TID>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, '<time>'],
  [/at 127\.0\.0\.1 \d+/g, 'at 127.0.0.1 <port>'],
  [/\d+\.\d s, \d+\/s/g, '<seconds>'],
  [/[\d.]+\/s/g, '<rate>'],
  [/UE\(s\) in \d+ s/g, 'UE(s) in <seconds>'],
];

/** A document without what differs from run to run, and whatever the number of subscribers. */
export function stableParts(document: string, subscribers: number): string {
  const numbers: readonly (readonly [string, string])[] = [
    [formatNumber(subscribers), '<subscribers>'],
    [`${subscribers}`, '<subscribers>'],
    [`${subscribers + 1}`, '<rows>'],
    [`${subscribers + 2}`, '<last line>'],
  ];
  let text = document;
  for (const [number, name] of numbers)
    text = text.replace(new RegExp(`(?<![\\d,])${number}(?!\\d)`, 'g'), name);
  for (const [pattern, name] of CHANGING) text = text.replace(pattern, name);
  return text;
}

/** A number for people: `100,000`. */
export function formatNumber(number: number): string {
  return number.toLocaleString('en-GB');
}
