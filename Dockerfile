# One image a target: producer, worker, console, emulator. Why it is as it is, and how to update the digests:
# docs/decisions/005-images.md

FROM node:24.21.0-trixie-slim@sha256:8ec5d7557396cfe32d21c3f9c13072355ceab22b584578ca4bb28af31120cffe AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/emulators/package.json packages/emulators/
RUN npm ci --omit=dev --ignore-scripts
COPY tsconfig.json ./
COPY shared shared
COPY services services
COPY packages packages
COPY tools tools
# Not `npm run`, which would find the Node of node_modules first: the image's own Node compiles the cache.
RUN node tools/images/main.ts

FROM gcr.io/distroless/cc-debian13:nonroot@sha256:54df941ed0d06a1bd95ef5e0ce391fd8d9f94b64782dc9a60062727849ee3f97 AS runtime
WORKDIR /app
# The Node that compiled the cache: another version would not use it.
COPY --from=build /usr/local/bin/node bin/node
ENV NODE_ENV=production
USER 65532
ENTRYPOINT ["/app/bin/node", "/app/main.js"]

FROM runtime AS producer
COPY --from=build /app/dist/producer ./
EXPOSE 8080

FROM runtime AS worker
COPY --from=build /app/dist/worker ./
# As in tools/images/programs.ts, which says why.
ENTRYPOINT ["/app/bin/node", "--max-semi-space-size=16", "/app/main.js"]
EXPOSE 8080

FROM runtime AS console
COPY --from=build /app/dist/console ./
EXPOSE 8080

# Both emulators; options go behind the image's name, for example --only cloud-tasks --queues /queues/queue.yaml
FROM runtime AS emulator
COPY --from=build /app/dist/emulator ./
ENV CLOUD_TASKS_EMULATOR_HOST=0.0.0.0:8123
ENV FIRESTORE_EMULATOR_HOST=0.0.0.0:8090
EXPOSE 8123 8090
