import { createServer, type Server } from 'node:http';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';

export const METRICS_PATH = '/metrics';

/** Answers Prometheus, on a port that is not open to clients. */
export function createMetricsServer(registry: Registry, log: Logger): Server {
  return createServer(async (request, response) => {
    if (request.url?.split('?')[0] !== METRICS_PATH) {
      response.writeHead(404).end(`There is nothing here. The metrics are at ${METRICS_PATH}.\n`);
      return;
    }
    try {
      const text = await registry.metrics();
      response.writeHead(200, { 'content-type': registry.contentType }).end(text);
    } catch (error) {
      log.error({ err: error }, 'the metrics could not be read');
      response.writeHead(500).end();
    }
  });
}
