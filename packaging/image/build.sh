#!/usr/bin/env bash
# Builds the image of ../../Dockerfile without an engine and without a registry of images, and looks at the result.
# As root on Debian 12. Needs: apt-get install buildah mmdebstrap. What it makes lies in one folder and is deleted at the end,
# but for crates and objects, which stay in /var/tmp/buildah-cache for the next run: delete them if there is none.
#
# The two base images are stood in for by root file systems of Debian's packages. The Rust toolchain in the first is that
# of this machine, which must be the Dockerfile's version. So this shows that the Dockerfile builds and that what it makes
# runs; the image to publish is made from the real bases, by digest.
set -euo pipefail
cd "$(dirname "$0")/../.."

work="$(mktemp -d "${TMPDIR:-/var/tmp}/rialto-image.XXXXXX")"
export BUILDAH_ISOLATION=chroot
store=(--root "$work/store" --runroot "$work/run" --storage-driver vfs)
buildah() { command buildah "${store[@]}" "$@"; }
clean() {
    command buildah "${store[@]}" umount --all >/dev/null 2>&1 || true
    rm -rf --one-file-system "$work"
}
trap clean EXIT

# A root file system as an image of that name, with these variables.
base() {
    local name="$1" into variable
    shift
    into="$(buildah from scratch)"
    buildah add -q "$into" "$work/$name.tar" / >/dev/null
    for variable in "$@"; do buildah config --env "$variable" "$into"; done
    buildah commit -q --rm "$into" "localhost/$name" >/dev/null
    rm "$work/$name.tar"
}

wanted="$(sed -n 's/^ARG BUILDER=rust:\([0-9.]*\)-.*/\1/p' Dockerfile)"
case "$(rustc --version)" in
    "rustc $wanted."*) ;;
    *) echo "the Dockerfile builds with Rust $wanted, this machine has $(rustc --version)" >&2; exit 1 ;;
esac

echo "=== Bases"
mmdebstrap -q --variant=minbase --include=gcc,libc6-dev,ca-certificates bookworm "$work/builder.tar"
sysroot="$(rustc --print sysroot)"
tar -rf "$work/builder.tar" -C "$sysroot" --transform 's,^\./,./usr/local/,' ./bin ./lib
# Crates are fetched with the authorities that this machine trusts.
trusted=/etc/ssl/certs/ca-certificates.crt
tar --delete -f "$work/builder.tar" ".$trusted" 2>/dev/null || true
tar -rf "$work/builder.tar" -C / --transform 's,^,./,' --dereference "${trusted#/}"
base builder CARGO_HOME=/usr/local/cargo CARGO_BUILD_JOBS="${JOBS:-2}"
# As the distroless image has it: the C library, libgcc and certificates; no shell, no package manager.
mmdebstrap -q --variant=extract --include=libc6,libgcc-s1,ca-certificates bookworm "$work/full"
mkdir -p "$work/slim/etc/ssl/certs" "$work/slim/tmp"
chmod 1777 "$work/slim/tmp"
ln -s usr/lib "$work/slim/lib"
if [ -e "$work/full/lib64" ] || [ -e "$work/full/usr/lib64" ]; then ln -s usr/lib64 "$work/slim/lib64"; fi
mkdir -p "$work/slim/usr/lib"
for part in lib/*-linux-gnu usr/lib/*-linux-gnu lib64 usr/lib64; do
    for found in "$work/full/"$part; do
        [ -d "$found" ] || continue
        name="${found##*/}"
        case "$name" in lib64) into="$work/slim/usr/lib64" ;; *) into="$work/slim/usr/lib/$name" ;; esac
        mkdir -p "$into"
        cp -a "$found/." "$into/"
    done
done
cat "$work/full/usr/share/ca-certificates/mozilla/"*.crt > "$work/slim/etc/ssl/certs/ca-certificates.crt"
tar -cf "$work/runtime.tar" -C "$work/slim" .
rm -rf "$work/full" "$work/slim"
base runtime

echo "=== Build"
buildah build --format docker --jobs 1 --build-arg BUILDER=localhost/builder --build-arg RUNTIME=localhost/runtime \
    -t localhost/rialto .

echo "=== The image"
says() { buildah inspect --type image --format "{{.Docker.Config.$1}}" localhost/rialto; }
holds() { echo "$1: $3"; [ "$2" = "$3" ] || { echo "expected $2" >&2; exit 1; }; }
holds user 10001:10001 "$(says User)"
holds entry "[/usr/local/bin/rialto]" "$(says Entrypoint)"
says Healthcheck.Test | grep -q "rialto health" || { echo "no health check" >&2; exit 1; }

box="$(buildah from --pull-never localhost/rialto)"
root="$(buildah mount "$box")"
if [ -n "$(find "$root" -name '*sh' -path '*/bin/*' -print -quit)" ]; then echo "there is a shell" >&2; exit 1; fi
echo "no shell; $(du -sh "$root" | cut -f 1) in all, $(du -h "$root/usr/local/bin/rialto" | cut -f 1) of it the program"
buildah run "$box" -- /usr/local/bin/rialto --version

# Locked in as the bridge runs it. What else ffmpeg could read is not built.
confined() { buildah run "$box" -- /usr/local/bin/rialto confine /usr/local/bin/ffmpeg -hide_banner "$@" 2>/dev/null; }
holds "ffmpeg's demuxers" "gif ogg png_pipe webp_pipe" "$(confined -demuxers | sed -n 's/^ D  \([a-z0-9_]*\) .*/\1/p' | tr '\n' ' ' | sed 's/ $//')"
holds "ffmpeg's protocols" pipe "$(confined -protocols | sed -n 's/^  \([a-z]*\)$/\1/p' | sort -u | tr '\n' ' ' | sed 's/ $//')"
if command -v ffmpeg >/dev/null; then
    ffmpeg -loglevel error -f lavfi -i sine=duration=3 -c:a libopus -f ogg "$work/voice.ogg"
    # It writes to pipes only: to no file, whoever opened it.
    confined -protocol_whitelist pipe -f ogg -i pipe:0 -map 0:a:0 -c:a aac -b:a 64k -ac 1 -f adts pipe:1 < "$work/voice.ogg" \
        | cat > "$work/voice.aac"
    ffmpeg -loglevel error -f lavfi -i color=red@0.0:s=32x32,format=rgba -frames:v 1 -c:v libwebp -f image2pipe "$work/sticker.webp"
    white="format=rgba,split[a][b];[a]lutrgb=r=255:g=255:b=255:a=255[white];[white][b]overlay,format=yuvj420p"
    confined -protocol_whitelist pipe -f webp_pipe -i pipe:0 -filter_complex "$white" -frames:v 1 -c:v mjpeg -f image2pipe pipe:1 \
        < "$work/sticker.webp" | cat > "$work/sticker.jpg"
    pixels="$(ffmpeg -loglevel error -f jpeg_pipe -i "$work/sticker.jpg" -f rawvideo -pix_fmt rgb24 pipe:1 | od -An -v -tu1 | tr -s ' \n' '\n' | sort -u)"
    holds "a clear sticker is" 255 "$(echo $pixels)"
    ffmpeg -loglevel error -f lavfi -i color=red@0.0:s=32x32,format=rgba -frames:v 1 -f gif "$work/still.gif"
    confined -protocol_whitelist pipe -f gif -i pipe:0 -filter_complex "$white" -frames:v 1 -c:v mjpeg -f image2pipe pipe:1 \
        < "$work/still.gif" | cat > "$work/still.jpg"
    holds "a GIF that stands still becomes" mjpeg "$(ffprobe -loglevel error -show_entries stream=codec_name -of csv=p=0 "$work/still.jpg")"
    holds "a sticker becomes" mjpeg "$(ffprobe -loglevel error -show_entries stream=codec_name -of csv=p=0 "$work/sticker.jpg")"
    holds "a voice message becomes" aac "$(ffprobe -loglevel error -show_entries stream=codec_name -of csv=p=0 "$work/voice.aac")"
fi

mkdir -m 0755 "$work/etc"
cp config/rialto.sample.toml "$work/etc/rialto.toml"
install -d -m 0755 "$work/secrets"
for name in encryption_secret waha_session_key webhook_secret; do
    head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$work/secrets/$name"
done
chmod 0600 "$work/secrets/"*
chown 10001:10001 "$work/secrets/"*
chmod 0711 "$work"
buildah run -v "$work/etc:/etc/rialto:ro" -v "$work/secrets:/run/secrets:ro" "$box" -- /usr/local/bin/rialto check > "$work/said"
grep -q '^name = "home"' "$work/said"
echo "check takes the sample configuration, as $(says User)"
