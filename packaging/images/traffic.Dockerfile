# The traffic key service from its bundle, and what it shares with the others.
FROM node:24-alpine
ENV NODE_ENV=production
WORKDIR /traffic
COPY traffic.mjs shared-*.mjs ./
# The account "node" of the base image, by number, so that a platform can see that it is not root.
USER 1000:1000
HEALTHCHECK --interval=30s --start-period=30s CMD ["node", "traffic.mjs", "--health"]
ENTRYPOINT ["node", "traffic.mjs"]
