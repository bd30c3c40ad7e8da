# The sender from its bundle, and what it shares with the others.
# koffi, which sends datagrams in batches, comes prebuilt for the image's platform.
FROM --platform=$BUILDPLATFORM node:24-alpine AS koffi
ARG TARGETARCH
WORKDIR /koffi
COPY package.json package-lock.json ./
RUN if [ "$TARGETARCH" = amd64 ]; then cpu=x64; else cpu="$TARGETARCH"; fi \
 && npm ci --ignore-scripts --os=linux --libc=musl --cpu="$cpu"

# Node and the libraries that it is linked with: no shell, no npm, nothing else of the base image.
FROM node:24-alpine AS node

FROM scratch
COPY --from=node /etc/passwd /etc/group /etc/
COPY --from=node /lib/ld-musl-*.so.1 /lib/
COPY --from=node /usr/lib/libstdc++.so.6 /usr/lib/libgcc_s.so.1 /usr/lib/
COPY --from=node /usr/local/bin/node /usr/local/bin/
ENV PATH=/usr/local/bin
ENV NODE_ENV=production
WORKDIR /sender
COPY key-distribution.mjs ./main.mjs
COPY shared-*.mjs msk-messages.wasm ./
COPY --from=koffi /koffi/node_modules ./node_modules
# The account "node" of the base image, by number, so that a platform can see that it is not root.
USER 1000:1000
EXPOSE 2269/udp
HEALTHCHECK --interval=30s --start-period=30s CMD ["node", "main.mjs", "--health"]
ENTRYPOINT ["node", "main.mjs"]
