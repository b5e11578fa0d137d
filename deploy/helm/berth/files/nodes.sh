#!/bin/sh
# Points this node's container runtime to Berth until it is told to stop, then takes that back. A file
# that somebody else wrote is left as it is: its own begin with a line that says whose they are.
#
#   URL, or HOST and PORT  what the node calls: http://10.96.0.7:8080
#   OWNER                  whose files these are: namespace/release
#   CERTS_DIR              containerd's config_path, and
#   CONTAINERD             the registries that get a hosts.toml there; _default: all that have none
#   CONF_DIR               CRI-O's registries.conf.d, and
#   CRIO                   the registries that get a mirror there
#   INTERVAL               seconds until it looks again whether the files are there
set -eu

mark="# Written for Berth ($OWNER), by its DaemonSet, and removed with it."

say() {
  echo "$*"
}

ours() {
  [ "$(head -n 1 "$1")" = "$mark" ]
}

left=""

# put FILE TEXT: whole or not at all.
put() {
  if [ -e "$1" ] && ! ours "$1"; then
    case "$left" in
      *" $1 "*) ;;
      *) left="$left $1 " && say "left alone, somebody else's: $1" ;;
    esac
    return 0
  fi
  text="$mark
$2"
  if [ -e "$1" ] && [ "$(cat "$1")" = "$text" ]; then return 0; fi
  mkdir -p "${1%/*}"
  printf '%s\n' "$text" >"${1%/*}/.berth-new"
  mv "${1%/*}/.berth-new" "$1"
  say "wrote $1"
}

take_back() {
  for file in "$CERTS_DIR"/*/hosts.toml "$CONF_DIR"/*.conf; do
    if [ -f "$file" ] && ours "$file"; then
      rm -f "$file" "${file%/*}/.berth-new"
      say "removed $file"
      case "$file" in */hosts.toml) rmdir "${file%/*}" 2>/dev/null || true ;; esac
    fi
  done
}

write() {
  # Without a `server` here containerd asks the registry itself where Berth gives no answer.
  # dial_timeout: how long it waits for one whose machine has gone (containerd 2.1 or later).
  for registry in $CONTAINERD; do
    put "$CERTS_DIR/$registry/hosts.toml" "[host.\"$URL\"]
  capabilities = [\"pull\", \"resolve\"]
  dial_timeout = \"3s\""
  done
  blocks=""
  for registry in $CRIO; do
    # Behind Berth's address a port can be no part of a name.
    host=${registry%%/*}
    blocks="$blocks
[[registry]]
location = \"$registry\"

[[registry.mirror]]
location = \"${URL#*://}/${host%:*}${registry#"$host"}\"
insecure = $insecure"
  done
  if [ -n "$blocks" ]; then put "$CONF_DIR/berth.conf" "$blocks"; fi
}

if [ -z "${URL:-}" ]; then
  case "$HOST" in
    *"("* | "") say "the service has no cluster IP: set nodes.url" && exit 1 ;;
    *:*) URL="http://[$HOST]:$PORT" ;;
    *) URL="http://$HOST:$PORT" ;;
  esac
fi
case "$URL" in https:*) insecure=false ;; *) insecure=true ;; esac

# Told to stop; the shell hears of it while it waits, and not while a program runs before it.
trap 'take_back; exit 0' TERM INT

# What a container left behind that was killed.
take_back
while :; do
  write
  sleep "${INTERVAL:-60}" &
  wait $!
done
