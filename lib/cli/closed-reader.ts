/** `keyturn plan | head -1`: whoever reads has seen enough, and that is no failure. */

export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    // What would have to be closed in order ends as it ends by a signal.
    if (!process.emit('SIGTERM')) process.exit();
  });
}
