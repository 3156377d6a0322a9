/** The account that an emulator has, and its root, whom MiniStack knows by this key and denies nothing. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';
export const ROOT = { accessKeyId: 'test', secretAccessKey: 'test' };
