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

# ffmpeg with what the program uses of it and nothing else: no network, no playlists, no other format to be attacked in. From
# Debian's source, whose sums apt checks by Debian's signature. In plain C: with the half of its assembler that needs no nasm,
# pictures came out in wrong colours. LGPL 2.1 or later: nothing of it that is GPL is built.
FROM ${BUILDER} AS ffmpeg
WORKDIR /src
RUN . /etc/os-release \
    && printf 'deb-src http://deb.debian.org/%s main\n' \
        "debian $VERSION_CODENAME" "debian-security $VERSION_CODENAME-security" > /etc/apt/sources.list.d/sources.list \
    && apt-get update \
    && apt-get install -y --no-install-recommends dpkg-dev make zlib1g-dev \
    && apt-get source ffmpeg \
    && cd ffmpeg-*/ \
    && ./configure --disable-everything --disable-autodetect --disable-network --disable-doc --disable-ffplay --disable-ffprobe \
        --disable-asm --disable-debug --extra-ldexeflags=-static-pie --enable-pic \
        --enable-zlib --enable-protocol=pipe \
        --enable-demuxer=ogg,image_webp_pipe,image_png_pipe,gif --enable-parser=opus,webp,png,gif \
        --enable-decoder=opus,webp,png,gif --enable-encoder=aac,mjpeg --enable-muxer=adts,image2pipe \
        --enable-filter=aresample,aformat,anull,scale,format,null,split,lutrgb,overlay \
    && make -j"$(nproc)" ffmpeg \
    && install -D -m 0755 ffmpeg /out/ffmpeg

# Without ffmpeg: `docker build --target slim`. Voice messages stay as WhatsApp has them, and stickers are documents.
FROM ${RUNTIME} AS slim
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

FROM slim
COPY --from=ffmpeg /out/ffmpeg /usr/local/bin/ffmpeg
ENV RIALTO_MEDIA__FFMPEG=/usr/local/bin/ffmpeg
