set -eu

# DESTDIR: writes below another root and leaves the running system alone.
root=${DESTDIR:-}
# BERTH_LOGIN: name:password, where the proxy wants its users to sign in.
proxy="http://${BERTH_LOGIN:+$BERTH_LOGIN@}@HOST@/"
# NO_PROXY: hosts to reach without the proxy, with commas between them.
direct=${NO_PROXY:-}
mark='Written by Berth.'

say() { echo "berth: $*"; }
fail() {
  echo "berth: $*" >&2
  exit 1
}

# What acts on the running system.
run() {
  if [ -n "$root" ]; then say "left out because of DESTDIR: $*"; else "$@"; fi
}

restart() {
  if [ -n "$root" ] || [ -d /run/systemd/system ]; then
    run systemctl daemon-reload
    run systemctl try-restart "$1"
  else
    say "systemd does not run here: restart $1 yourself"
  fi
}

# put FILE: writes standard input there. A file that is not ours is kept beside it, for undo.
put() {
  mkdir -p "$(dirname "$1")"
  if [ -e "$1" ] && ! grep -q "$mark" "$1"; then
    mv "$1" "$1.before-berth"
    say "kept what was there as $1.before-berth"
  fi
  (
    [ -z "${BERTH_LOGIN:-}" ] || umask 077
    cat > "$1"
  )
  say "wrote $1"
}

# take_back FILE: undoes put.
take_back() {
  if [ -e "$1" ] && grep -q "$mark" "$1"; then
    rm -f "$1"
    say "removed $1"
  fi
  if [ -e "$1.before-berth" ]; then
    mv "$1.before-berth" "$1"
    say "put $1 back"
  fi
}

# Where this system keeps the certificates that its administrator trusts.
anchors() {
  for dir in \
    /usr/local/share/ca-certificates \
    /etc/pki/ca-trust/source/anchors \
    /etc/ca-certificates/trust-source/anchors \
    /usr/share/pki/trust/anchors; do
    [ ! -d "$root$dir" ] || { echo "$root$dir" && return; }
  done
  fail 'no place for certificates: install the package ca-certificates'
}

update_anchors() {
  if [ -n "$root" ]; then
    say 'left out because of DESTDIR: update-ca-certificates'
  elif command -v update-ca-certificates > /dev/null; then
    update-ca-certificates "$@"
  elif command -v update-ca-trust > /dev/null; then
    update-ca-trust
  else
    fail 'neither update-ca-certificates nor update-ca-trust is here: install ca-certificates'
  fi
}

# trust NAME: makes this machine trust the CA, for as long as NAME needs it.
trust() {
  dir=$(anchors)
  ca > "$dir/berth-$1.crt"
  [ -s "$dir/berth-$1.crt" ] || { rm -f "$dir/berth-$1.crt" && return; }
  say "wrote $dir/berth-$1.crt"
  update_anchors
}

distrust() {
  dir=$(anchors)
  [ -e "$dir/berth-$1.crt" ] || return 0
  rm -f "$dir/berth-$1.crt"
  say "removed $dir/berth-$1.crt"
  update_anchors --fresh
}
