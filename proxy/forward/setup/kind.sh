# Lets every node of a kind cluster pull through Berth. Run it again at any time, and after the
# cluster has been made anew.
#
#   curl -s http://@HOST@/setup/kind | sh
#   curl -s http://@HOST@/setup/kind | KIND_CLUSTER_NAME=other sh
#   curl -s http://@HOST@/setup/kind | sh -s undo
#
# Nodes are containers: they must reach @HOST@ from inside Docker's network.
set -eu

cluster=${KIND_CLUSTER_NAME:-kind}

# What runs in each node: the script at /setup/containerd.
containerd() {
  cat << 'EOS'
@CONTAINERD@
EOS
}

nodes=$(kind get nodes --name "$cluster")
[ -n "$nodes" ] || {
  echo "berth: there is no kind cluster named $cluster" >&2
  exit 1
}
for node in $nodes; do
  echo "berth: node $node"
  containerd | docker exec --interactive \
    --env "NO_PROXY=${NO_PROXY:-127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,.svc,.cluster.local}" \
    --env "BERTH_LOGIN=${BERTH_LOGIN:-}" \
    "$node" sh -s "${1:-apply}"
done
