# The bridge in a container: built here, run without a shell, as nobody in particular.

# Distroless rather than bookworm-slim: the program needs glibc, libgcc and CA certificates and nothing else, and what
# is not there cannot be used against it. The certificates are needed for any WAHA address: the HTTP client loads them
# when it is made. Debian 12 on both sides, so that the C library fits. This tag moves with Debian's updates; for builds
# that repeat bit by bit give a digest: --build-arg RUNTIME=gcr.io/distroless/cc-debian12@sha256:…
ARG RUNTIME=gcr.io/distroless/cc-debian12:nonroot
ARG BUILDER=rust:1.95-slim-bookworm

FROM ${BUILDER} AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY gcm gcm
# A member of the workspace: cargo reads its manifest, nothing of it is built.
COPY simulator simulator
# `rialto init` writes it.
COPY config/rialto.sample.toml config/
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package rialto --bin rialto \
    && install -D -m 0755 target/release/rialto /out/rialto \
    && install -d -m 0700 /out/data

FROM ${RUNTIME}
COPY --from=build /out/rialto /usr/local/bin/rialto
# The uid that signal-cli has in docker-compose.yml: the socket between the two is closed to all others.
COPY --from=build --chown=10001:10001 --chmod=0700 /out/data /data
USER 10001:10001
ENV RIALTO_CONFIG=/etc/rialto/rialto.toml
VOLUME /data
# Webhooks. The admin listener stays on the container's own loopback, where the health check asks it.
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["/usr/local/bin/rialto", "health"]
ENTRYPOINT ["/usr/local/bin/rialto"]
CMD ["run"]
