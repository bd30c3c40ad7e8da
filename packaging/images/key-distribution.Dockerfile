# The sender from its bundle, and what it shares with the others. koffi, which sends datagrams in batches, comes prebuilt for the image's platform.
FROM --platform=$BUILDPLATFORM node:24-alpine AS koffi
ARG TARGETARCH
WORKDIR /koffi
COPY package.json package-lock.json ./
RUN if [ "$TARGETARCH" = amd64 ]; then cpu=x64; else cpu="$TARGETARCH"; fi \
 && npm ci --ignore-scripts --os=linux --libc=musl --cpu="$cpu"

FROM node:24-alpine
ENV NODE_ENV=production
WORKDIR /sender
COPY key-distribution.mjs shared-*.mjs msk-messages.wasm ./
COPY --from=koffi /koffi/node_modules ./node_modules
# The account "node" of the base image, by number, so that a platform can see that it is not root.
USER 1000:1000
EXPOSE 2269/udp
HEALTHCHECK --interval=30s --start-period=30s CMD ["node", "key-distribution.mjs", "--health"]
ENTRYPOINT ["node", "key-distribution.mjs"]
