/** The word that is typed before what cannot be undone, at a terminal of paper. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { confirmed } from '../../lib/cli/confirm.ts';

let typed: PassThrough & { isTTY?: boolean; setRawMode?: () => void };
let shown: string;
beforeEach(() => {
  typed = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const screen = Object.assign(new PassThrough(), { isTTY: true });
  shown = '';
  screen.on('data', (text) => {
    shown += text;
  });
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(typed as never);
  vi.spyOn(process, 'stderr', 'get').mockReturnValue(screen as never);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const asked = (word = 'KID') => confirmed('Every token ends now.', word, false);
const NOTHING = { name: 'Error', message: 'not confirmed: nothing was done' };

test('the word goes on', async () => {
  const going = asked();
  typed.write('KID\r');
  await expect(going).resolves.toBeUndefined();
  expect(shown).toContain('Every token ends now.\nType KID to go on: ');
});

describe('nothing was done, and it says so', () => {
  test.each([
    ['another word', 'kid\r'],
    ['no word', '\r'],
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
    ['Ctrl-C in the middle of it', 'KI\x03'],
  ])('%s', async (_, keys) => {
    const going = asked();
    typed.write(keys);
    await expect(going).rejects.toMatchObject(NOTHING);
  });

  test('a terminal that is gone', async () => {
    const going = asked();
    typed.end();
    await expect(going).rejects.toMatchObject(NOTHING);
  });
});

test('--yes asks nobody, and without a terminal nobody is there to ask', async () => {
  await expect(confirmed('', 'KID', true)).resolves.toBeUndefined();
  typed.isTTY = false;
  await expect(asked()).rejects.toThrow('use --yes in scripts');
});
