# One image a target: producer, worker, emulator. Why it is as it is:
# docs/decisions/005-images.md

FROM node:24.21.0-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/emulators/package.json packages/emulators/
RUN npm ci
COPY shared shared
COPY services services
COPY packages packages
COPY tools tools
RUN npm run build -- --cache-for-uid 65532

FROM gcr.io/distroless/cc-debian13:nonroot AS runtime
WORKDIR /app
# The Node that the tests ran on and that compiled the cache: another one would not use it.
COPY --from=build /app/node_modules/node/bin/node bin/node
ENV NODE_ENV=production
ENV NODE_COMPILE_CACHE=/app/compile-cache
ENV NODE_COMPILE_CACHE_PORTABLE=1
USER 65532
ENTRYPOINT ["/app/bin/node", "/app/main.js"]

FROM runtime AS producer
COPY --from=build /app/dist/producer ./
EXPOSE 8080

FROM runtime AS worker
COPY --from=build /app/dist/worker ./
EXPOSE 8080

# Both emulators; options go behind the image's name, for example --only cloud-tasks --queues /queues/queue.yaml
FROM runtime AS emulator
COPY --from=build /app/dist/emulator ./
ENV CLOUD_TASKS_EMULATOR_HOST=0.0.0.0:8123
ENV FIRESTORE_EMULATOR_HOST=0.0.0.0:8090
EXPOSE 8123 8090
