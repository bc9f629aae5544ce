# Two stages: packages and the runtime first, then an image with nothing but what runs: no shell, no
# package manager. Both base images are arguments, so that a mirror or a base of your own can stand in
# for them; the second needs glibc and libgcc. `npm run test:container` builds this and tries it out.
ARG BUILD_IMAGE=docker.io/library/node:20-bookworm-slim
ARG BASE_IMAGE=gcr.io/distroless/cc-debian12

FROM ${BUILD_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY scripts/find_deno.mjs scripts/find_deno.mjs
# No install script runs. The runtime is a package too: its program is kept, what else only
# development needs goes, and so does the embedded Postgres.
# Where packages come from a mirror: `--secret id=npmrc,src=$HOME/.npmrc`, which no layer keeps.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc,required=false \
  npm ci --ignore-scripts --no-audit --no-fund \
  && cp "$(node -e 'import("/app/scripts/find_deno.mjs").then((it) => console.log(it.findDeno()))')" \
    /usr/local/bin/deno \
  && npm prune --ignore-scripts --omit=dev --omit=optional --no-audit --no-fund \
  && rm -r scripts
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
# The log wants the host's name; the configuration names variables, databases and receivers freely.
ENTRYPOINT ["deno", "run", "--no-prompt", "--cached-only", "--allow-net", "--allow-env", \
  "--allow-sys=hostname", "--allow-read=/app,/config,/run/secrets", "src/main.ts"]
CMD ["start"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["deno", "run", "--no-prompt", "--cached-only", "--allow-net", "--allow-env", \
  "--allow-sys=hostname", "--allow-read=/app,/config,/run/secrets", "src/main.ts", "health"]
