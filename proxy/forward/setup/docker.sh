# Lets Docker (23 or newer) pull through Berth, with or without systemd: `proxies` in daemon.json, and
# Berth's CA among those that this machine trusts. Run it again at any time.
#
#   curl -s http://@HOST@/setup/docker | sudo sh
#   curl -s http://@HOST@/setup/docker | sudo sh -s undo

file=$root/etc/docker/daemon.json
kept=$root/etc/docker/proxies-before-berth.json

# Docker before 23 takes `proxies` for a mistake and does not start again.
check_version() {
  for dockerd in "$root/usr/bin/dockerd" "$root/usr/sbin/dockerd" "$root/usr/local/bin/dockerd"; do
    [ -x "$dockerd" ] || continue
    version=$("$dockerd" --version | sed -n 's/^Docker version \([0-9]*\).*/\1/p')
    [ "${version:-23}" -ge 23 ] ||
      fail "Docker $version knows no proxies in daemon.json: http://@HOST@/setup/systemd is for it"
  done
}

# get: prints what FILE has as proxies, null when nothing.
get() {
  if command -v jq > /dev/null; then
    jq -c '.proxies' "$file"
  elif command -v python3 > /dev/null; then
    python3 -c 'import json, sys; print(json.dumps(json.load(open(sys.argv[1])).get("proxies")))' "$file"
  else
    fail "jq or python3 is needed to change $file"
  fi
}

# set_to JSON: gives FILE these proxies, none for null; everything else in it stays.
set_to() {
  if command -v jq > /dev/null; then
    jq --argjson proxies "$1" \
      'if $proxies == null then del(.proxies) else .proxies = $proxies end' "$file" > "$file.new"
  else
    python3 -c '
import json, sys
settings, proxies = json.load(open(sys.argv[1])), json.loads(sys.argv[2])
settings.pop("proxies", None)
if proxies is not None:
    settings["proxies"] = proxies
print(json.dumps(settings, indent=2))' "$file" "$1" > "$file.new"
  fi
  cat "$file.new" > "$file"
  rm -f "$file.new"
  say "changed proxies in $file"
}

case ${1:-apply} in
apply)
  check_version
  trust docker
  mkdir -p "$(dirname "$file")"
  [ -s "$file" ] || echo '{}' > "$file"
  [ -e "$kept" ] || get > "$kept"
  set_to "{\"http-proxy\":\"$proxy\",\"https-proxy\":\"$proxy\",\"no-proxy\":\"$direct\"}"
  restart docker.service
  say 'Docker now pulls through @HOST@'
  ;;
undo)
  if [ -e "$kept" ]; then
    set_to "$(cat "$kept")"
    rm -f "$kept"
  fi
  distrust docker
  restart docker.service
  ;;
*) fail "expected apply or undo, found $1" ;;
esac
