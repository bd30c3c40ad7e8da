import { networkInterfaces } from 'node:os';

/** Whether this machine has `::1`; containers may lack it. Where it is, no test over IPv6 is skipped. */
export const HAS_IPV6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === '::1');

if (!HAS_IPV6) process.stderr.write('tests over IPv6 are skipped: this machine has no ::1\n');
