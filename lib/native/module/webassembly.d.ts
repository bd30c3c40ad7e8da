/**
 * What is used here of the WebAssembly JavaScript interface, which neither ES2024 nor @types/node declares.
 */
declare namespace WebAssembly {
  class Module {
    constructor(octets: Uint8Array);
  }
  class Instance {
    constructor(module: Module);
    readonly exports: unknown;
  }
}
