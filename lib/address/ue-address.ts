/** Where MIKEY messages for a UE go: a numeric IP address and a UDP port. */
export interface UeAddress {
  readonly address: string;
  readonly port: number;
}
