import type { Profile } from './sender/profile.ts';
import { PER_SECOND, type WholeDelivery } from './sender/whole-delivery.ts';

/** What figures were measured on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly node: string;
}

const HEADING = '## A whole delivery\n';
const NEXT_HEADING = '\n## ';

/** The first section of docs/benchmarks, with its heading. */
export function wholeDeliverySection(machine: Machine, wholeDelivery: WholeDelivery): string {
  const { processor, cores, node } = machine;
  return `${HEADING}
${wholeDeliveryText(wholeDelivery)}

${profileText(wholeDelivery)}

Measured on ${processor}, ${cores} cores, Node ${node.slice(1)}.
`;
}

/** @returns the page with another first section */
export function withSection(page: string, section: string): string {
  const start = page.indexOf(HEADING);
  const end = page.indexOf(NEXT_HEADING, start + HEADING.length);
  if (start >= 0) return page.slice(0, start) + section + page.slice(end);
  const first = page.indexOf(NEXT_HEADING) + 1;
  return `${page.slice(0, first)}${section}\n${page.slice(first)}`;
}

function wholeDeliveryText({
  microseconds,
  ofC,
  verifiedPerCpuSecond,
  firstPushMicroseconds,
  cMicroseconds,
  ues,
  rounds,
  forged,
  repeated,
}: WholeDelivery): string {
  return `**${microseconds.toFixed(0)} µs of CPU for one verified UE: ${verifiedPerCpuSecond} a second of a processor.** This is what an operator pays,
from the unit of work to the settled ledger. The C program needs ${cMicroseconds.toFixed(2)} µs for what it does of it: ${ofC.toFixed(3)} of its speed.

The sender is the container's entry point, one process, with the SDK over HTTP to the local table, queue and bus. A push goes to
${ues} UEs at the deployed settings, but with three tries and ${PER_SECOND} messages a second, which the UEs keep up with; each UE
decrypts its MSK and answers. The figure is the CPU of that process from before the event of the push until its last report, divided
by the UEs that are verified; the median of ${rounds} processes, each in its second push. In the
first push, which compiles, it is ${firstPushMicroseconds.toFixed(0)} µs. ${forged} forged answers came, with another MAC, before true ones and in the place of UEs that
never answer: none counted, and the ledger, the bus and the keys of every UE were compared after each push. ${repeated} UEs took a second message.

The C program (\`deliver\` in [limit-deliver.h](../../test/bench/sender/limit-deliver.h)) builds in lanes, sends by \`sendmmsg\`, receives by \`recvmmsg\`, decodes,
matches and checks the MAC of each answer, with all keys in memory: no table, no queue, no ledger, no repetition.`;
}

/** The heaviest functions, beside those of an earlier release where it took turns. */
function profileText({ profile, other, ues }: WholeDelivery): string {
  const rowsOf = ({ busyMs, heaviest }: Profile) =>
    heaviest.map(({ name, selfMs }) => `${name} | ${((100 * selfMs) / busyMs).toFixed(0)} %`);
  const ours = rowsOf(profile);
  const inAll = `of ${(profile.busyMs / 1000).toFixed(1)} s`;
  if (other === undefined)
    return tableOf([`function, of one push to ${ues} UEs | time in it, ${inAll}`, '---|---', ...ours]);
  const before = rowsOf(other.profile);
  return `${tableOf([
    `function | time in it, ${inAll} | before | time in it, of ${(other.profile.busyMs / 1000).toFixed(1)} s`,
    '---|---|---|---',
    ...ours.map((row, index) => `${row} | ${before[index] ?? ' | '}`),
  ])}

"Before" is another checkout's sender, which took turns in the same run: ${other.microseconds.toFixed(0)} µs for one verified UE, ${other.firstPushMicroseconds.toFixed(0)} µs in the first push.`;
}

const tableOf = (rows: readonly string[]) => rows.map((row) => `| ${row} |`).join('\n');
