import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { atRest, longOr, scenario } from './harness/scenario.ts';
import { openStage, type Stage } from './harness/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const KILLS = longOr(20, 3);

scenario(
  () => stage,
  `a server of two is killed, ${KILLS} times, while leads come in`,
  {},
  async ({ ledger, random, any }) => {
    const clients = ledger.startClients(8);
    for (let killed = 0; killed < KILLS; killed += 1) {
      await sleep(random.between(300, 1_200));
      const server = any();
      await server.kill();
      await sleep(random.between(0, 500));
      await server.start();
    }
    await clients.stop();
    return { kills: KILLS };
  },
);

atRest(() => stage);
