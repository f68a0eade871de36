/** An answer other than success, as the service words it: `{"error":{message,type,param,code}}` (openapi, `APIErrorBody`). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** One of the contract's stable codes, or null for what the contract has no code for. */
  readonly code: string | null;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string | null,
    message: string,
    extra: { param?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = extra.param ?? null;
    this.headers = extra.headers ?? {};
  }

  get body(): string {
    const type = this.status >= 500 ? 'server_error' : 'invalid_request_error';
    return JSON.stringify({ error: { message: this.message, type, param: this.param, code: this.code } });
  }
}

export const notFound = (what: string): ApiError => new ApiError(404, null, `${what} not found.`);

export const methodNotAllowed = (allow: string): ApiError =>
  new ApiError(405, null, `Method not allowed. Use ${allow}.`, { headers: { Allow: allow } });

export const badJson = (message: string, param?: string): ApiError =>
  new ApiError(400, 'invalid_json_payload', message, param === undefined ? {} : { param });
