#!/bin/sh
# Installs Berth from its releases, for Linux and macOS:
#
#   curl -fsSL https://github.com/berth/berth/releases/latest/download/install.sh | sh
#
# The archive is checked against SHA256SUMS of the release; without a match nothing is installed.
#
#   BERTH_VERSION  a version, such as 1.2.3; else the newest
#   BERTH_DIR      where the program goes; else /usr/local/bin as root, ~/.local/bin as anybody else
#   BERTH_URL      a mirror: the directory that has SHA256SUMS and the archives
set -eu

releases=https://github.com/berth/berth/releases

give_up() {
  echo "install.sh: $*" >&2
  exit 1
}

# get URL FILE
get() {
  if command -v curl >/dev/null; then
    case "$1" in
      https:*) curl --proto '=https' --tlsv1.2 -fsSL -o "$2" "$1" ;;
      *) curl -fsSL -o "$2" "$1" ;;
    esac
  elif command -v wget >/dev/null; then
    wget -q -O "$2" "$1"
  else
    give_up "curl or wget is needed"
  fi || give_up "$1 could not be downloaded"
}

sum() {
  if command -v sha256sum >/dev/null; then
    sha256sum "$1"
  elif command -v shasum >/dev/null; then
    shasum -a 256 "$1"
  else
    give_up "sha256sum or shasum is needed"
  fi | cut -d ' ' -f 1
}

target() {
  case "$(uname -s)" in
    Linux) system=linux ;;
    Darwin) system=macos ;;
    *) give_up "there is no release for $(uname -s); on Windows unpack the zip of $releases" ;;
  esac
  case "$(uname -m)" in
    x86_64 | amd64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) give_up "there is no release for $(uname -m), only for x86_64 and arm64" ;;
  esac
  if [ "$system" = linux ] && ldd --version 2>&1 | grep -qi musl; then
    give_up "this system has musl, and the program needs glibc: use the container image"
  fi
  echo "$system-$machine"
}

# All of it is read before any of it runs, however the download of this script ends.
main() {
  target=$(target)
  version=${BERTH_VERSION:-}
  version=${version#v}
  url=$releases/latest/download
  [ -z "$version" ] || url=$releases/download/v$version
  url=${BERTH_URL:-$url}
  dir=${BERTH_DIR:-}
  if [ -z "$dir" ]; then
    dir=$HOME/.local/bin
    [ "$(id -u)" -ne 0 ] || dir=/usr/local/bin
  fi

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' INT TERM
  get "$url/SHA256SUMS" "$work/SHA256SUMS"
  archive=$(sed -n "s/^[0-9a-f]\{64\}  \(berth-${version:-[0-9][0-9A-Za-z.+-]*}-$target\.tar\.gz\)\$/\1/p" \
    "$work/SHA256SUMS")
  case "$archive" in
    "") give_up "SHA256SUMS has no checksum of ${version:+version $version for }$target: nothing is installed" ;;
    *"
"*) give_up "SHA256SUMS has several archives for $target: set BERTH_VERSION" ;;
  esac
  wanted=$(grep -F "  $archive" "$work/SHA256SUMS" | cut -d ' ' -f 1)
  get "$url/$archive" "$work/$archive"
  found=$(sum "$work/$archive")
  [ "$found" = "$wanted" ] ||
    give_up "$archive has the checksum $found, SHA256SUMS says $wanted: nothing is installed"

  tar -xzf "$work/$archive" -C "$work"
  mkdir -p "$dir"
  # Beside its place and then into it, since the program there may be running.
  cp "$work/${archive%.tar.gz}/berth" "$dir/.berth-new"
  chmod 755 "$dir/.berth-new"
  mv "$dir/.berth-new" "$dir/berth"
  echo "installed: $("$dir/berth" version | head -n 1), $dir/berth"
  case ":$PATH:" in
    *":$dir:"*) ;;
    *) echo "$dir is not in PATH" ;;
  esac
}

main
