import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { someone } from '../support/time.ts';
import { openWaiting, queueSeen } from '../support/waiting.ts';

test('what waits behind one that nobody may own is served before what arrives, however much it is', async () => {
  const app = await startTestApp({ config: { role: 'api' } });
  try {
    const workspace = await openWaiting(app, { reps: ['a'], about: { a: { capacity: 230 } } });
    await workspace.updateRep('a', { status: 'PAUSED' });
    await workspace.submit({ email: 'a@fairlead.example', priority: 9 });
    await workspace.submitAll(Array.from({ length: 250 }, () => someone()));
    await workspace.updateRep('a', { status: 'ACTIVE' });
    const arriving = await workspace.submit(someone());
    expect(arriving.method).toBe('QUEUE');
    expect((await queueSeen(workspace)).waiting).toBe(22);
  } finally {
    await app.stop();
  }
});
