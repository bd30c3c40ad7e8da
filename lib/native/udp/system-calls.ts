import { endianness } from 'node:os';

/** Numbers of Linux on x86-64 and ARM64. */
export const LINUX = {
  AF_INET: 2,
  AF_INET6: 10,
  /** With SOCK_CLOEXEC and SOCK_NONBLOCK. */
  SOCK_DGRAM: 2 | 0x80000 | 0x800,
  SOL_SOCKET: 1,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_REUSEPORT: 15,
  SO_ATTACH_REUSEPORT_CBPF: 51,
  IPPROTO_IP: 0,
  IP_RECVERR: 11,
  IPPROTO_IPV6: 41,
  IPV6_RECVERR: 25,
  IPV6_V6ONLY: 26,
  MSG_TRUNC: 0x20,
  MSG_DONTWAIT: 0x40,
  MSG_ERRQUEUE: 0x2000,
} as const;

/** Error numbers of Linux. */
export const ERRNO = { EINTR: 4, EAGAIN: 11, ENOMEM: 12, ENOBUFS: 105 } as const;

/** Octets of struct mmsghdr and struct iovec on a 64-bit machine. */
export const MMSGHDR_LENGTH = 64;
export const IOVEC_LENGTH = 16;

/** The system calls of batches. Each returns -errno where the system returns -1. Addresses are of memory. */
export interface SystemCalls {
  readonly socket: (domain: number, type: number) => number;
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly setOption: (fd: number, level: number, name: number, value: number | Uint8Array) => number;
  readonly getName: (fd: number, address: Uint8Array) => number;
  readonly sendmmsg: (fd: number, headers: number, count: number, flags: number) => number;
  readonly recvmmsg: (fd: number, headers: number, count: number, flags: number) => number;
  readonly close: (fd: number) => number;
  /**
   * The address of a buffer in memory. It does not change; the caller holds the buffer while it uses the
   * address.
   */
  readonly addressOf: (buffer: ArrayBufferLike) => number;
  /**
   * Calls back when a socket can be read or, if the watch was started so, written. After `failed`, when
   * errors wait, the watch must be started again.
   */
  readonly watch: (fd: number, callback: (event: 'ready' | 'failed') => void) => Watch;
  readonly nameOfError: (errno: number) => string;
}

/** A socket watched by the event loop. */
export interface Watch {
  readonly start: (writable: boolean) => void;
  /** Calls back no more until it is started again. */
  readonly stop: () => void;
  readonly close: () => void;
}

/** @throws Error when the platform is another, or koffi or the library of the system can't be loaded */
export async function loadSystemCalls(): Promise<SystemCalls> {
  const { platform, arch } = process;
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64') || endianness() !== 'LE')
    throw new Error(
      `system calls for batches are known on Linux on x64 and arm64, not on ${platform} ${arch}`,
    );
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  const checked =
    <Arguments extends readonly unknown[]>(call: (...given: Arguments) => number) =>
    (...given: Arguments): number => {
      const result = call(...given);
      return result >= 0 ? result : -koffi.errno();
    };
  const setsockopt = checked(libc.func('int setsockopt(int, int, int, void*, uint32_t)'));
  const getsockname = checked(libc.func('int getsockname(int, void*, void*)'));
  const socket = checked(libc.func('int socket(int, int, int)'));
  const recvmmsg = checked(libc.func('int recvmmsg(int, uintptr_t, uint32_t, int, uintptr_t)'));
  const strerror: (errno: number) => string = libc.func('const char* strerror(int)');
  return {
    socket: (domain, type) => socket(domain, type, 0),
    bind: checked(libc.func('int bind(int, void*, uint32_t)')),
    setOption: (fd, level, name, value) => {
      const octets = typeof value === 'number' ? new Int32Array([value]) : value;
      return setsockopt(fd, level, name, octets, octets.byteLength);
    },
    getName: (fd, address) => getsockname(fd, address, new Uint32Array([address.length])),
    sendmmsg: checked(libc.func('int sendmmsg(int, uintptr_t, uint32_t, int)')),
    recvmmsg: (fd, headers, count, flags) => recvmmsg(fd, headers, count, flags, 0),
    close: checked(libc.func('int close(int)')),
    addressOf: (buffer) => Number(koffi.address(buffer)),
    watch: (fd, callback) => {
      const onEvent = (event: unknown) =>
        callback(typeof event === 'number' && event < 0 ? 'failed' : 'ready');
      const handle = koffi.node.poll(fd, { readable: true }, onEvent);
      return {
        start: (writable) => handle.start({ readable: true, writable }, onEvent),
        stop: () => handle.stop(),
        close: () => handle.close(),
      };
    },
    nameOfError: (errno) => strerror(errno),
  };
}
