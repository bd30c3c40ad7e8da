/** A process of the local system that has ended unexpectedly. */
export interface PartEnd {
  /** Which process, and with which code or signal. */
  readonly what: string;
  readonly logFile: string;
}
