# Two stages: packages and the runtime first, then an image with nothing but what runs.
# Both base images are arguments, so that a mirror or a base of your own can stand in for them.
ARG BUILD_IMAGE=docker.io/library/node:20-bookworm-slim
ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The embedded Postgres is optional and stays out of the image; the runtime is a package of its own.
RUN npm ci --omit=optional --include=dev \
  && node node_modules/deno/bin.cjs --version \
  && cp node_modules/deno/deno /usr/local/bin/deno \
  && npm prune --omit=dev --omit=optional
COPY deno.json tsconfig.json ./
COPY migrations migrations
COPY src src
# Compiled once here, because the running container has no place to write.
ENV DENO_DIR=/app/.deno
RUN deno cache src/main.ts

FROM ${BASE_IMAGE}
COPY --from=build /usr/local/bin/deno /usr/local/bin/deno
COPY --from=build /app /app
COPY LICENSE /app/LICENSE
WORKDIR /app
ENV DENO_DIR=/app/.deno DENO_NO_UPDATE_CHECK=1 PERIGEE_CONFIG=/config PERIGEE_HOST=0.0.0.0
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
# No --allow-run, no --allow-write, no --allow-ffi: the process cannot start programs or write files.
ENTRYPOINT ["deno", "run", "--no-prompt", "--cached-only", "--allow-net", "--allow-env", \
  "--allow-sys=hostname,osRelease,networkInterfaces", \
  "--allow-read=/app,/config,/run/secrets", "src/main.ts"]
CMD ["start"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["deno", "run", "--no-prompt", "--cached-only", "--allow-net", "--allow-env", \
  "--allow-read=/app,/config,/run/secrets", "src/main.ts", "health"]
