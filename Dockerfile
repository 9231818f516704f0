# A server for a PostgreSQL of its own (DATABASE_URL): the one that comes along as a package is left out.

FROM node:24-bookworm-slim AS packages
WORKDIR /fairlead
COPY package.json package-lock.json prisma.config.ts ./
COPY bin bin
COPY prisma prisma
# Generates the Prisma client as well. Prisma's command line is not needed after that: 205 MB remain of 430.
RUN npm ci --omit=dev --omit=optional --no-fund --no-audit \
  && npm uninstall --no-save --omit=dev --omit=optional --ignore-scripts --no-fund --no-audit prisma

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /fairlead
COPY --from=packages /fairlead .
COPY src src
COPY demo demo
USER node
EXPOSE 4000
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 4000}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Not through npm, so that SIGTERM comes to the server itself.
CMD ["node", "bin/fairlead.js", "start"]
