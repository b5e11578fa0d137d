# Lets the containerd within k3s pull through Berth: a block in the service's environment file, and
# Berth's CA among those that this machine trusts. Pods keep running. Run it again at any time, also
# after an upgrade of k3s, which writes that file anew.
#
#   curl -s http://@HOST@/setup/k3s | sudo sh
#   curl -s http://@HOST@/setup/k3s | sudo sh -s undo

# without FILE: what is in it apart from our block.
without() {
  [ ! -e "$1" ] || sed '/^# Berth: begin$/,/^# Berth: end$/d' "$1"
}

# with FILE: the same, with our block.
with() {
  without "$1"
  cat << EOD
# Berth: begin
CONTAINERD_HTTP_PROXY=$proxy
CONTAINERD_HTTPS_PROXY=$proxy
CONTAINERD_NO_PROXY=${direct:-127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,.svc,.cluster.local}
# Berth: end
EOD
}

found=
for service in k3s k3s-agent; do
  unit=$root/etc/systemd/system/$service.service
  [ -e "$unit" ] || continue
  found=$service
  case ${1:-apply} in
  apply)
    trust "$service"
    with "$unit.env" > "$unit.env.new"
    ;;
  undo)
    distrust "$service"
    without "$unit.env" > "$unit.env.new"
    ;;
  *) fail "expected apply or undo, found $1" ;;
  esac
  chmod 600 "$unit.env.new"
  mv "$unit.env.new" "$unit.env"
  say "changed $unit.env"
  restart "$service.service"
done
[ -n "$found" ] || fail 'neither k3s nor k3s-agent is installed as a systemd service here'
