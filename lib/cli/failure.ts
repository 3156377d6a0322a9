/** What went wrong in one sentence that says what to do. */
import { isKeyturnError } from '../core/errors.ts';
import { EXIT, UnreachableError, UsageError } from './verb.ts';

export interface Failure {
  /** Absent where the sentence is all there is. */
  readonly code?: string;
  readonly message: string;
  readonly exit: number;
}

/** AWS's own names for what a person can mend. */
const AWS: readonly (readonly [name: RegExp, advice: string])[] = [
  [/^(CredentialsProviderError|TokenProviderError)$/, 'there are no AWS credentials: set AWS_PROFILE or use --profile'],
  [
    /^(ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired)$/,
    'the AWS credentials have expired: log in again',
  ],
  [
    /^(InvalidClientTokenId|UnrecognizedClientException|InvalidSignatureException|SignatureDoesNotMatch)$/,
    'AWS does not take these credentials',
  ],
  [
    /^(AccessDenied|AccessDeniedException|AccessDeniedFault|UnauthorizedOperation)$/,
    'these credentials may not do that: grantRead, grantAudit and grantOperate give the permission',
  ],
  [/^(ResourceNotFoundException|NoSuchBucket)$/, 'it is not there: is it the right stack, account and Region?'],
  [/^(ThrottlingException|TooManyRequestsException|Throttling)$/, 'AWS throttles: try again'],
];

export function failureOf(error: unknown): Failure {
  const { name, message, code } = error as Error & { code?: unknown };
  if (error instanceof UsageError) return { code: error.code, message, exit: EXIT.usage };
  // Node goes on with advice, after a full stop or on lines of its own.
  if (/^ERR_PARSE_ARGS/.test(String(code)))
    return { code: 'usage', message: message.split(/\.(?:\s|$)/)[0] ?? message, exit: EXIT.usage };
  if (error instanceof UnreachableError) return { code: error.code, message, exit: EXIT.unreachable };
  if (isKeyturnError(error)) return { code: error.code, message, exit: EXIT.problem };
  if (/^(ECONNREFUSED|ENOTFOUND|ETIMEDOUT|ECONNRESET|EAI_AGAIN)$/.test(String(code)) || name === 'TimeoutError') {
    return { code: 'unreachable', message: `AWS cannot be reached: ${message}`, exit: EXIT.unreachable };
  }
  if (message === 'Region is missing') {
    return {
      code: 'unreachable',
      message: 'there is no AWS Region: set AWS_REGION or use --region',
      exit: EXIT.unreachable,
    };
  }
  const advice = AWS.find(([pattern]) => pattern.test(name))?.[1];
  if (advice) return { code: name, message: `${advice} (${message})`, exit: EXIT.unreachable };
  const named = typeof code === 'string' ? code : name === 'Error' ? undefined : name;
  return { ...(named && { code: named }), message, exit: EXIT.problem };
}
