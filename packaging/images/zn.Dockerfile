# The Zn service from its bundle, and what it shares with the others.
FROM node:24-alpine
ENV NODE_ENV=production
WORKDIR /zn
COPY zn.mjs shared-*.mjs ./
# The account "node" of the base image, by number, so that a platform can see that it is not root.
USER 1000:1000
EXPOSE 8080/tcp
HEALTHCHECK --interval=30s --start-period=30s CMD ["node", "zn.mjs", "--health"]
ENTRYPOINT ["node", "zn.mjs"]
