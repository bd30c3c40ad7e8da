# The traffic key service from its bundle, and what it shares with the others.
# Node and the libraries that it is linked with: no shell, no npm, nothing else of the base image.
FROM node:24-alpine AS node

FROM scratch
COPY --from=node /etc/passwd /etc/group /etc/
COPY --from=node /lib/ld-musl-*.so.1 /lib/
COPY --from=node /usr/lib/libstdc++.so.6 /usr/lib/libgcc_s.so.1 /usr/lib/
COPY --from=node /usr/local/bin/node /usr/local/bin/
ENV PATH=/usr/local/bin
ENV NODE_ENV=production
WORKDIR /traffic
COPY traffic.mjs ./main.mjs
COPY shared-*.mjs ./
# The account "node" of the base image, by number, so that a platform can see that it is not root.
USER 1000:1000
HEALTHCHECK --interval=30s --start-period=30s CMD ["node", "main.mjs", "--health"]
ENTRYPOINT ["node", "main.mjs"]
