/**
 * The base of this product's errors: `code` is stable and for programs, `message` is for people and says
 * what to do, `cause` is the error below it.
 */
export abstract class CodedError<Code extends string> extends Error {
  abstract override readonly name: string;
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
