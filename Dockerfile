# syntax=docker/dockerfile:1.10

# The build runs on the builder's own architecture and cross-compiles, so that no step is emulated.
FROM --platform=$BUILDPLATFORM docker.io/denoland/deno:2.9.4@sha256:c777b4b225501a61074837e90a826a58f99124837824023cd60334b1e2374498 AS build
WORKDIR /src
COPY deno.json deno.lock ./
RUN deno install --frozen
COPY . .
# The commit for `berth version`: .git is not part of the context.
ARG GIT_COMMIT=""
ARG TARGETARCH
RUN deno task build \
  && deno run -A deploy/compile.ts --arch "$TARGETARCH" --output /out/berth \
  && mkdir /out/data

# glibc, libgcc and CA certificates; no shell, no package manager.
FROM gcr.io/distroless/cc-debian13:nonroot@sha256:d3cda6e91129130d7229a1806b6a73d292ef245ab032da7851907798024cefba
LABEL org.opencontainers.image.title="Berth" \
  org.opencontainers.image.description="A caching proxy for container registries" \
  org.opencontainers.image.licenses="MIT"
COPY --from=build /out/berth /usr/local/bin/berth
# A new volume takes over this directory's owner.
COPY --from=build --chown=65532:65532 /out/data /data
# A config.yaml mounted here is found.
WORKDIR /etc/berth
# `container` says where no file does that it is one (containerd).
ENV BERTH_CACHE_DIR=/data container=oci
USER 65532:65532
VOLUME /data
EXPOSE 8080 8081 3128
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s --retries=3 CMD ["berth", "healthcheck"]
ENTRYPOINT ["berth"]
