import type { UeAddress } from '../../address/ue-address.ts';
import { CSB_ID_START } from '../../distribution/delivery/csb-id.ts';
import { bindSocket } from './batch-socket.ts';
import { putPointer } from './send-table.ts';
import { LINUX, type SystemCalls } from './system-calls.ts';

/**
 * Sockets of several senders on the same addresses and ports: the system gives each datagram to one of them.
 */
export interface PortGroup {
  /** For each sender, by its index, the descriptors of its sockets: one for each local address. */
  readonly descriptors: readonly (readonly number[])[];
  /** Undefined: the system gives each answer to its sender. Else why it gives answers to any of them. */
  readonly notSteered: string | undefined;
}

/**
 * Binds `of` sockets (SO_REUSEPORT) to each local address, whose port is not 0. The system gives each
 * datagram to the sender that its CSB ID names (see `senderOf`). It counts the sockets of a port in the order
 * of binding, and counts anew when one is closed: so the caller keeps all of them open, and gives them to
 * senders as these come and go.
 * @throws Error as the system has it when an address can't be bound
 */
export function bindPortGroup(calls: SystemCalls, local: readonly UeAddress[], of: number): PortGroup {
  const bound: number[] = [];
  try {
    let notSteered: string | undefined;
    const byAddress = local.map((address) => {
      const sockets = Array.from({ length: of }, () => {
        const fd = bindSocket(calls, address, { reusePort: true });
        bound.push(fd);
        return fd;
      });
      notSteered ??= steer(calls, sockets[0] ?? -1, of);
      return sockets;
    });
    const descriptors = Array.from({ length: of }, (_, index) => byAddress.map((each) => each[index] ?? -1));
    return { descriptors, notSteered };
  } catch (error) {
    for (const fd of bound) calls.close(fd);
    throw error;
  }
}

/** Classic BPF (linux/bpf_common.h), by what each instruction does to the accumulator. */
const BPF = { LOAD_WORD_OF_DATAGRAM: 0x20, MODULO_CONSTANT: 0x94, RETURN_ACCUMULATOR: 0x16 } as const;

/** Octets of struct sock_filter and struct sock_fprog on a 64-bit machine. */
const INSTRUCTION_LENGTH = 8;
const PROGRAM_LENGTH = 16;

/**
 * Attaches a program that returns the index of a socket: the CSB ID modulo `of`. Offsets count from the start
 * of the UDP payload. A datagram that is too short ends the program with index 0. One program serves all
 * sockets of an address.
 * @returns why the system refuses the program, or undefined
 */
function steer(calls: SystemCalls, fd: number, of: number): string | undefined {
  const instructions = [
    [BPF.LOAD_WORD_OF_DATAGRAM, CSB_ID_START],
    [BPF.MODULO_CONSTANT, of],
    [BPF.RETURN_ACCUMULATOR, 0],
  ] as const;
  const code = new Uint8Array(instructions.length * INSTRUCTION_LENGTH);
  const view = new DataView(code.buffer);
  for (const [index, [what, constant]] of instructions.entries()) {
    view.setUint16(index * INSTRUCTION_LENGTH, what, true);
    view.setUint32(index * INSTRUCTION_LENGTH + 4, constant, true);
  }
  const program = new Uint32Array(PROGRAM_LENGTH / 4);
  program[0] = instructions.length;
  putPointer(program, 2, calls.addressOf(code.buffer));
  const octets = new Uint8Array(program.buffer);
  const result = calls.setOption(fd, LINUX.SOL_SOCKET, LINUX.SO_ATTACH_REUSEPORT_CBPF, octets);
  // This use keeps the code from being collected before the system has read it.
  if (code.length === 0) throw new TypeError('the program was changed while it was attached');
  return result >= 0 ? undefined : `SO_ATTACH_REUSEPORT_CBPF: ${calls.nameOfError(-result)}`;
}
